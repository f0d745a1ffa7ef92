/** What each error needs to be told about, and what it says. The text is the same in every build. */
const MESSAGES = {
  'config-refused': (facts: { file: string; problems: readonly string[] }) =>
    `${facts.file} was refused:\n${facts.problems.map((problem) => `  ${problem}`).join('\n')}`,
  'no-answer': (facts: { what: string; why: string }) =>
    `The worker gave no answer to "${facts.what}": ${facts.why}. It may be starting or being replaced; call again.`,
  'store-unavailable': (facts: { database: string; why: string }) =>
    `Database "${facts.database}" cannot be used: ${facts.why}. Answers come from the network until it can.`,
} as const

type Messages = typeof MESSAGES
export type CacheErrorCode = keyof Messages
export type CacheErrorFacts<C extends CacheErrorCode> = Parameters<Messages[C]>[0]

/** The one error class of the layer: a code, typed facts, and a message that says what failed, why and what to try. */
export class CacheError<C extends CacheErrorCode = CacheErrorCode> extends Error {
  override readonly name = 'CacheError'
  readonly code: C
  readonly facts: CacheErrorFacts<C>

  constructor(code: C, facts: CacheErrorFacts<C>, options?: ErrorOptions) {
    // The table proves code and facts to belong together; TypeScript cannot follow that through an indexed call.
    const message = MESSAGES[code] as (facts: CacheErrorFacts<C>) => string
    super(`${message(facts)} [${code}]`, options)
    this.code = code
    this.facts = facts
  }
}
