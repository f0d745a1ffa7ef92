import type { ResponseHead } from './head.ts'
import { type Plan, VARY_COOKIE } from './plan.ts'
import { isCredential } from './secret.ts'
import type { Settlement } from './settle.ts'
import { REQUEST_NO_STORE } from './storable.ts'

/** Reasons that say nothing of the rule: the origin was away, or the answer was not for the store. */
const PASSING: readonly string[] = ['away', 'unasked', 'conditional']

/**
 * Why a rule did nothing for an answer: it was not stored, or it is validated before each use whatever the windows say.
 * Undefined: the rule did what it says, or the page asked for something else.
 */
export function obstacleOf(plan: Plan, { kind, why }: Settlement): string | undefined {
  if (kind === 'store' || kind === 'refresh') return plan.why === VARY_COOKIE ? VARY_COOKIE : undefined
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
export function obstructingField(why: string, { fields, targeted }: ResponseHead): string | undefined {
  if (why === 'credential') return [...fields.keys()].find(isCredential)
  const name = why === 'no-store' && targeted !== undefined ? 'freshlayer-cache-control' : FIELDS[why]
  return name && `${name}: ${fields.get(name) ?? ''}`
}
