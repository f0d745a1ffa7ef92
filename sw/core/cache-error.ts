/**
 * A kind of error: its code and its message. The message is the same in every build. A build contains only the kinds it
 * uses.
 */
interface Kind<C extends string, F> {
  readonly code: C
  readonly says: (facts: F) => string
}

export const configRefused: Kind<'config-refused', { readonly file: string; readonly problems: readonly string[] }> = {
  code: 'config-refused',
  says: ({ file, problems }) => `${file} was refused:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
}

export const noAnswer: Kind<'no-answer', { readonly what: string; readonly why: string }> = {
  code: 'no-answer',
  says: ({ what, why }) => `The worker gave no answer to "${what}": ${why}.`,
}

export const storeUnavailable: Kind<'store-unavailable', { readonly database: string; readonly why: string }> = {
  code: 'store-unavailable',
  says: ({ database, why }) =>
    `Database "${database}" cannot be used: ${why}. Answers come from the network until it can.`,
}

export type CacheErrorCode = (typeof configRefused | typeof noAnswer | typeof storeUnavailable)['code']

/** The one error class of the layer: a code, typed facts, and a message that says what failed, why and what to try. */
export class CacheError<C extends CacheErrorCode = CacheErrorCode, F = unknown> extends Error {
  override readonly name = 'CacheError'
  readonly code: C
  readonly facts: F

  constructor({ code, says }: Kind<C, F>, facts: F, options?: ErrorOptions) {
    super(`${says(facts)} [${code}]`, options)
    this.code = code
    this.facts = facts
  }
}
