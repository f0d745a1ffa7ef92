import type { Target } from './row-change.ts'
import { originOf } from './silence.ts'

/**
 * What a redirect has led a write to, where the answer says that the write was performed: a backend of forms answers with 303 and the new
 * item. `item`: one below what was written to. `other`: the same, the list of the row, or something else below. Undefined: it may be a
 * sign-in, or anything else.
 *
 * @param answered the URL that has answered, absolute.
 * @param asked the URL of the write, absolute.
 * @see RFC 9110 §15.4.4; Fetch Standard, HTTP-redirect fetch
 */
export function redirectedTo(answered: string, asked: string, target: Target): 'item' | 'other' | undefined {
  if (originOf(answered) !== originOf(asked)) return undefined
  const [to, from] = [pathOf(answered), pathOf(asked)]
  if (to.startsWith(`${from}/`)) return to.includes('/', from.length + 1) ? 'other' : 'item'
  return to === from || (target !== 'list' && to === from.slice(0, from.lastIndexOf('/'))) ? 'other' : undefined
}

/** Without a slash at its end. */
const pathOf = (url: string): string => url.replace(/[?#].*$/s, '').replace(/\/$/, '')
