import type { ResponseHead } from './head.ts'
import { type Plan, VARY_COOKIE } from './plan.ts'
import { isCredential } from './secret.ts'
import type { Settlement } from './settle.ts'
import { type NotStorable, REQUEST_NO_STORE } from './storable.ts'

/** Why a rule does nothing for a read, where something would change it. A rule reads by GET, POST or QUERY alone. */
export type Reason =
  | Exclude<NotStorable, 'method'>
  | 'unknown-user'
  | 'unkeyed'
  | 'unexpected-type'
  | typeof VARY_COOKIE
  | 'too-large'
  | 'bad-range'
  | typeof DISK
  | 'asked-to-validate'
  | 'max-age-of-request'
  | 'min-fresh'

/** Reasons that say nothing of the rule: the origin was away, or the answer was not for the store. */
const PASSING: readonly string[] = ['away', 'unasked', 'conditional']

/** The browser's storage has failed a moment ago, so nothing that is stored was looked for. */
export const DISK = 'disk'

/** The page asks for validation, or for an answer that is fresher than the stored one. */
const WISHED: readonly string[] = ['asked-to-validate', 'max-age-of-request', 'min-fresh']

/**
 * Why a rule did nothing for an answer: it was not stored, or the origin was asked whatever the windows say.
 * Undefined: the rule did what it says, or the page asked for something else.
 */
export function obstacleOf(plan: Plan, { kind, why }: Settlement): string | undefined {
  if (kind === 'store' || kind === 'refresh') {
    const isPast = 'fwd' in plan && plan.fwd === 'request' && WISHED.includes(plan.why)
    return isPast || plan.why === VARY_COOKIE || plan.why === DISK ? plan.why : undefined
  }
  if ((kind !== 'keep' && kind !== 'drop') || PASSING.includes(why)) return undefined
  const wantsStore = plan.kind !== 'fetch' || plan.store
  return wantsStore || why === REQUEST_NO_STORE ? why : undefined
}

/** The field of an answer that decides, by reason. */
const FIELDS: Readonly<Record<string, string>> = {
  'no-store': 'cache-control',
  vary: 'vary',
  [VARY_COOKIE]: 'vary',
  'unexpected-type': 'content-type',
  stream: 'content-type',
}

/**
 * The field of an answer that is the obstacle, as `name: value`. A credential has no value here. Undefined: none is.
 *
 * @param why as `obstacleOf` gives it.
 */
export function obstructingField(why: string, { status, fields, targeted }: ResponseHead): string | undefined {
  if (why === 'credential') return [...fields.keys()].find(isCredential)
  if (why === 'status' || why === 'no-freshness') return `status: ${status}`
  const name = why === 'no-store' && targeted !== undefined ? 'freshlayer-cache-control' : FIELDS[why]
  return name && `${name}: ${fields.get(name) ?? ''}`
}
