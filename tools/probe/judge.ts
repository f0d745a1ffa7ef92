import { type Answers, type Asker, mediaTypeOf } from './answers.ts'
import { shared } from './cross-origin.ts'
import { madeDictionary } from './dictionary.ts'
import { streamed } from './event-stream.ts'
import type { Finding } from './finding.ts'
import { redirected, refused } from './refusal.ts'
import { stored, typed } from './stored.ts'
import { clocked, timed } from './times.ts'
import { people } from './users.ts'
import { validated } from './validators.ts'
import { varied } from './variants.ts'

/** What is to be said of an address, by the answers to it. Pure. */
export function judge(answers: Answers, asker: Asker): Finding[] {
  const { plain } = answers
  const isStream = mediaTypeOf(plain) === 'text/event-stream'
  if (plain.status >= 400) return [refused(plain, asker)]
  if (plain.status >= 300) return [redirected(plain, answers.url, asker)]
  if (isStream) return [...streamed(plain), ...(asker.rule ? stored(answers, asker) : [])]
  return [
    ...(asker.rule === undefined ? [] : [...stored(answers, asker), ...typed(plain, asker.rule)]),
    ...madeDictionary(answers, asker),
    ...people(answers, asker),
    ...validated(answers, asker),
    ...varied(answers, asker),
    ...shared(answers, asker),
    ...clocked(plain),
    ...timed(plain, asker),
  ]
}
