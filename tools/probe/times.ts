import { parseHttpDate } from '../../sw/core/http-date.ts'
import { epochMs } from '../../sw/core/units.ts'
import type { Asker } from './answers.ts'
import type { Exchange } from './exchange.ts'
import { type Finding, hint, inSeconds, warning } from './finding.ts'

/** So far a clock may be off before anything is said, in milliseconds. */
const SKEW_MS = 60_000
/** So long an answer may take before anything is said, in milliseconds. */
const SLOW_MS = 2000

/** Whether the clock of the backend is right. */
export function clocked({ fields, atMs }: Exchange): Finding[] {
  const field = fields.get('date')
  if (field === undefined)
    return [
      hint(
        'no-date',
        'sends no Date: its age is counted from when it is received. Let the backend, or the proxy in front, send it.',
      ),
    ]
  const date = parseHttpDate(field, epochMs(atMs))
  if (date === 'invalid')
    return [warning('date', `sends \`Date: ${field}\`, which is no HTTP date: mend it at the backend.`)]
  // What a cache in front has kept for a while is that much older.
  const offMs = atMs - date - Number(fields.get('age') ?? 0) * 1000
  if (Math.abs(offMs) < SKEW_MS) return []
  return [
    warning(
      'date',
      `sends a Date that is ${inSeconds(Math.abs(offMs))} ${offMs > 0 ? 'behind' : 'ahead of'} this machine: windows end ${offMs > 0 ? 'early' : 'late'}. Set the clock of the backend (NTP).`,
    ),
  ]
}

/** Whether the answer came in time for the rule. */
export function timed({ headMs, endMs = headMs }: Exchange, { rule }: Asker): Finding[] {
  if (rule !== undefined && rule.timeoutMs > 0 && endMs > rule.timeoutMs)
    return [
      warning(
        'slow',
        `took ${inSeconds(endMs)}, longer than the rule's \`timeout\` (${inSeconds(rule.timeoutMs)}): a stored answer stands in each time. Raise \`timeout\`, or give the rule \`stale\`.`,
      ),
    ]
  if (endMs < SLOW_MS) return []
  return [hint('slow', `took ${inSeconds(endMs)}: \`stale\` of the rule shows what is stored meanwhile.`)]
}
