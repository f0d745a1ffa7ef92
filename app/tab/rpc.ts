import { CacheError, noAnswer } from '../../sw/core/cache-error.ts'
import { type Answers, envelope, type Question } from '../../sw/protocol.ts'

/** How long one try waits. A worker that has to start first needs a while; one that is replaced never answers. */
const TRY_MS = 2000
const TRIES = 3

/**
 * The worker's answer to a question. A message posted while the worker is stopped or replaced is lost without an error
 * in every engine, so each is asked again; asking twice does nothing twice.
 *
 * @param worker the worker to ask, looked up anew for each try.
 * @throws CacheError 'no-answer' after three tries of two seconds.
 */
export async function ask<A extends Question['ask']>(
  worker: () => ServiceWorker | null | undefined,
  question: Extract<Question, { readonly ask: A }>,
): Promise<Answers[A]> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const reply = await once(worker(), question)
    if (reply === undefined) continue
    if ('error' in reply) throw new CacheError(noAnswer, { what: question.ask, why: reply.error })
    return reply.answer as Answers[A]
  }
  throw new CacheError(noAnswer, { what: question.ask, why: `it took longer than ${TRIES * TRY_MS} ms` })
}

function once(
  worker: ServiceWorker | null | undefined,
  question: Question,
): Promise<{ answer: unknown } | { error: string } | undefined> {
  const { port1, port2 } = new MessageChannel()
  return new Promise<{ answer: unknown } | { error: string } | undefined>((resolve) => {
    setTimeout(resolve, TRY_MS)
    port1.onmessage = ({ data }) => resolve(data)
    worker?.postMessage(envelope(question), [port2])
  }).finally(() => port1.close())
}
