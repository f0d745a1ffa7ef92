import { report, type Suggested } from '../suggest/index.ts'
import { plural } from '../suggest/spelled.ts'
import { table } from '../suggest/table.ts'
import type { AskedByRule } from './asked.ts'
import type { Recorder } from './recorder.ts'

const NOTHING = ['Nothing was asked: open the address above and click around before you end it.']

/** What a recording has shown, line by line for a terminal, without the rules. */
export function linesOfRecording(recorder: Recorder, found: Suggested | undefined): string[] {
  if (found === undefined) return NOTHING
  const { unrecorded } = recorder
  return [
    ...report(found),
    ...(unrecorded === 0 ? [] : ['', `Not recorded, because the recording is full: ${plural(unrecorded, 'request')}.`]),
  ]
}

/** What rules that were tried have brought, line by line for a terminal. */
export function linesOfRules(recorder: Recorder, asked: AskedByRule): string[] {
  if (recorder.requests === 0) return NOTHING
  const { rules } = asked
  if (rules.length === 0)
    return [`${plural(recorder.requests, 'request')} at the server, and no read of a page has met a rule.`]
  const reads = rules.reduce((sum, rule) => sum + rule.reads, 0)
  const rows = rules.map(({ rule, reads: asks, requestsSaved, standIns, validations, notModified }) => [
    rule,
    `${asks} → ${asks - requestsSaved - standIns}`,
    `${validations}`,
    `${notModified}`,
    `${standIns}`,
  ])
  rows.push(['in all', `${reads} → ${reads - asked.saved}`, '', '', ''])
  return [
    ...table(['rule', 'reads', 'validations', '304s', 'while away'], rows),
    '',
    'reads: asked by the pages → sent to the server. while away: answered from store because the server was away.',
    `${plural(recorder.requests, 'request')} at the server, files included.`,
  ]
}
