import { AT_ONCE_MS, type Exchange } from './exchange.ts'
import { type Finding, hint, inSeconds, warning } from './finding.ts'

/** A stream that ends earlier than this may well have had nothing to wait for, in milliseconds. */
const SHORT_MS = 500

/** Whether a proxy holds an event stream back. */
export function streamed({ firstByteMs, endMs, headMs }: Exchange): Finding[] {
  const cure =
    'switch its buffering off for this path (nginx: `proxy_buffering off`, or the field `X-Accel-Buffering: no`)'
  const firstMs = firstByteMs ?? headMs
  if (firstByteMs === undefined && endMs === undefined)
    return [
      hint(
        'stream-silent',
        `no byte of the event stream came: nothing to say yet, or a proxy holds it back. Then ${cure}.`,
      ),
    ]
  if (endMs !== undefined && endMs - firstMs < AT_ONCE_MS && endMs > SHORT_MS)
    return [
      warning(
        'stream-buffered',
        `the event stream came all at once at its end, after ${inSeconds(endMs)}: a proxy holds it back. ${cure.replace(/^s/, 'S')}.`,
      ),
    ]
  return []
}
