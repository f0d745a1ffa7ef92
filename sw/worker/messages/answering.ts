import type { Answers, Question } from '../../protocol.ts'

/** Answers one kind of question. Asked again, it does the same again and nothing twice over. */
export type Answerer<A extends Question['ask'], Ports> = (
  ports: Ports,
  question: Extract<Question, { readonly ask: A }>,
  clientId: string,
) => Promise<Answers[A]>

/** Who answers what. A feature that is left out of a build leaves its questions out too. */
export type Answerers<Ports> = { readonly [A in Question['ask']]?: Answerer<A, Ports> }

/** Answers what tabs ask. */
export type Answering = (question: Question, clientId: string) => Promise<Answers[Question['ask']]>

/** Hands each question to its answerer. Rejects where there is none: the tab is told at once, and does not ask again. */
export const answering =
  <Ports>(ports: Ports, answerers: Answerers<Ports>): Answering =>
  (question, clientId) => {
    const answer = answerers[question.ask] as Answerer<Question['ask'], Ports> | undefined
    return answer?.(ports, question, clientId) ?? Promise.reject(new Error('not in this build'))
  }
