import type { Answers, Asker } from './answers.ts'
import { type Finding, warning } from './finding.ts'

/** Below this length `dictionaries()` of the kit leaves an answer alone. Unit: bytes. */
const LEAST_DICTIONARY = 1000

/** Whether the answer becomes a dictionary where the rule asks for it. */
export function madeDictionary({ plain }: Answers, { rule }: Asker): Finding[] {
  const isAsked = rule?.dictionary !== undefined && rule.dictionary !== false
  if (!isAsked || plain.size < LEAST_DICTIONARY || plain.fields.has('use-as-dictionary')) return []
  return [
    warning(
      'no-dictionary',
      'does not become a dictionary, though the rule says `dictionary`: have `dictionaries()` of freshlayer/server make this answer, or take the option off the rule. An answer with `no-store` or `no-transform` is left out.',
    ),
  ]
}
