import { isRecord, problem, type Problem } from './kind.ts'
import type { Place } from './shadow.ts'

/** A route or a write. */
interface Entry {
  readonly path: string
  readonly options: unknown
  readonly patterns: readonly Place[]
}

/**
 * Dictionaries that the next user's requests would name (I3), and those of answers that can have none. Expects any config;
 * says nothing of what it cannot read.
 */
export function dictionaryProblems(
  { identity, defaults }: Readonly<Record<string, unknown>>,
  { path, options, patterns }: Entry,
  writes: readonly Entry[],
): Problem[] {
  if (!isRecord(options)) return []
  const { dictionary } = options
  if (dictionary !== true && dictionary !== 'until-sign-out') return []
  const isShared = identity === 'none' || (options['public'] ?? (isRecord(defaults) && defaults['public'])) === true
  const isLeft = writes.some((write) => isRecord(write.options) && write.options['session'] === 'sign-out')
  const refused = [
    dictionary === true && !isShared
      ? "public: true beside it, or 'until-sign-out', where the answer to the sign-out says Clear-Site-Data: \"cache\": the browser's dictionaries know no users"
      : undefined,
    dictionary === 'until-sign-out' && !isShared && !isLeft
      ? 'a write with session: \'sign-out\', whose answer says Clear-Site-Data: "cache"'
      : undefined,
    patterns.some(({ extent }) => extent.origin !== '')
      ? "only paths of the app's own origin in match: another origin would be asked by a preflight first"
      : undefined,
    patterns.length === 0 || patterns.some(({ extent }) => /^(GET)?$/.test(extent.method))
      ? undefined
      : 'a GET in match: answers to other methods are no dictionaries',
  ]
  return refused.flatMap((expected) =>
    expected === undefined ? [] : [problem(`${path}.dictionary`, dictionary, expected)],
  )
}
