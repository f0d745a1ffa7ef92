import { directivesOf, parseCacheControl } from './cache-control.ts'
import { entityTag, weakMatch } from './entity-tag.ts'
import { isAway, type RequestHead, type ResponseHead } from './head.ts'
import type { Plan } from './plan.ts'
import type { Row } from './row.ts'
import { notStorable } from './storable.ts'
import { confirmed, identifies, isConditional, mergedFields } from './validation.ts'

/** The result of a request that a plan sent to the origin. */
export type Outcome = { readonly kind: 'response'; readonly head: ResponseHead } | { readonly kind: 'failure' }

/** What the page gets and what happens in the store, and why. */
export type Settlement =
  /** The page gets the new response. The store keeps it. */
  | { readonly kind: 'store'; readonly why: string }
  /** The stored response is still valid. The page gets it with updated fields. */
  | { readonly kind: 'refresh'; readonly row: Row; readonly fields: ReadonlyMap<string, string>; readonly why: string }
  /** The page gets the answer to its HEAD. That answer updates the stored response's fields (§4.3.5). */
  | { readonly kind: 'update'; readonly row: Row; readonly fields: ReadonlyMap<string, string>; readonly why: string }
  /** The page gets the new response. The stored one is out of date and is validated before its next use. */
  | { readonly kind: 'outdate'; readonly row: Row; readonly why: string }
  /** The page gets the new response. The store does not change. */
  | { readonly kind: 'keep'; readonly why: string }
  /** The page gets the new response. The stored one is removed. */
  | { readonly kind: 'drop'; readonly why: string }
  /** The origin is away. The page gets the plan's stored response. */
  | { readonly kind: 'stand-in'; readonly why: string }
  /** The 304 matches no stored response. The worker asks again without conditions (RFC 9111 §4.3.3). */
  | { readonly kind: 'refetch'; readonly why: string }
  /** The origin is away, and the stored response forbids unvalidated use. The page gets a 504 (RFC 9111 §5.2.2.2). */
  | { readonly kind: 'refuse'; readonly why: string }
  /** The origin is away, and no stored response may be served. The page gets the network's own failure. */
  | { readonly kind: 'fail'; readonly why: string }

export interface SettleInput {
  readonly plan: Plan
  readonly request: RequestHead
  /** The stored row when the plan may not serve it (`reload`). Absent: the plan's own row. */
  readonly stored?: Row | undefined
  /** Matches the media types that the rule expects. Undefined: what the page accepts. */
  readonly expects: RegExp | undefined
  /** The rule guesses how long an answer is fresh that does not say so. Absent: no. */
  readonly guesses?: boolean | undefined
  readonly outcome: Outcome
  /** The worker sent the request itself (`refresh`, a probe), not for a page's read. Then nothing is removed. */
  readonly unasked: boolean
}

/**
 * What to do with an answer, or with a failure. The counterpart of `plan`.
 *
 * `refusal` checks again, inside the writing transaction, whether the store may take the answer now: the stored row may
 * be of a later request, or the user may have signed out.
 *
 * @see RFC 9111 §4.3.3, §4.2.4, §3
 */
export function settle({ plan, request, stored, expects, guesses, outcome, unasked }: SettleInput): Settlement {
  const row = plan.kind === 'fetch' || plan.kind === 'unsatisfiable' ? undefined : plan.row
  const standsIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
  if (outcome.kind === 'failure') {
    if (standsIn) return { kind: 'stand-in', why: 'network' }
    const forbids = plan.kind === 'validate' && plan.standing.strict
    return { kind: forbids ? 'refuse' : 'fail', why: 'network' }
  }
  const { head } = outcome
  const held = stored ?? row
  const forgives = plan.kind === 'validate' && plan.forgiving && head.status === 500
  if (forgives) return { kind: 'stand-in', why: 'away' }
  if (isAway(head.status)) {
    // An answer of the origin is better than one of a gateway, however old it is.
    const known = [held, ...(plan.kind === 'fetch' ? plan.variants : [])]
    const isBetterKnown = known.some((other) => other !== undefined && !isAway(other.status))
    if (isBetterKnown && standsIn) return { kind: 'stand-in', why: 'away' }
    const isForStore = plan.kind !== 'fetch' || plan.store
    return !isBetterKnown && isForStore && notStorable(request, head, guesses) === undefined
      ? { kind: 'store', why: 'storable' }
      : { kind: 'keep', why: 'away' }
  }
  if (plan.kind === 'fetch' && !plan.store && request.method !== 'HEAD') {
    const ends = held !== undefined && !unasked && !head.redirected && isGone(head)
    return { kind: ends ? 'drop' : 'keep', why: plan.why }
  }
  if (head.status === 304) return settleNotModified(plan, request, head, guesses)
  if (request.method === 'HEAD' && head.status === 200 && held !== undefined) return settleHead(request, head, held)
  if (head.opaque || head.redirected) return { kind: 'keep', why: head.opaque ? 'opaque' : 'redirected' }
  if (held !== undefined && unasked && head.status >= 400) return { kind: 'keep', why: 'unasked' }
  if (head.status < 300 && !isExpected(head, request, expects, held)) return { kind: 'keep', why: 'unexpected-type' }
  const obstacle = notStorable(request, head, guesses)
  if (obstacle === undefined) return { kind: 'store', why: 'storable' }
  if (held !== undefined && !unasked && endsEntry(head, obstacle)) return { kind: 'drop', why: obstacle }
  return { kind: 'keep', why: obstacle }
}

/** A 304 confirms one of the stored answers in the request's conditions, or the page's own copy, or matches neither. */
function settleNotModified(plan: Plan, request: RequestHead, head: ResponseHead, guesses = false): Settlement {
  const asked = plan.kind === 'fetch' ? plan.variants : plan.kind === 'unsatisfiable' ? [] : [plan.row]
  // The page sent conditions for its own copy. A 304 that names neither copy may confirm either one.
  const modified = head.fields.get('last-modified')
  const isNamed =
    entityTag(head.fields.get('etag')) !== undefined ||
    (modified !== undefined && asked.every(({ fields }) => fields.get('last-modified') === modified))
  if (isConditional(request.fields) && !isNamed && asked.length > 0) return { kind: 'refetch', why: 'unknown-304' }
  const row = confirmed(head.fields, asked)
  if (row === undefined) {
    return isConditional(request.fields)
      ? { kind: 'keep', why: 'conditional' }
      : { kind: 'refetch', why: 'unknown-304' }
  }
  const fields = mergedFields(row.fields, head.fields)
  // A proxy's form of the tag is not the stored representation's own.
  const [said, tag] = [entityTag(head.fields.get('etag')), entityTag(row.fields.get('etag'))]
  if (said !== undefined && tag !== undefined && !identifies(said, tag)) fields.set('etag', tag)
  // A 304 may carry `no-store`, or may have been redirected. Then the worker asks for a whole answer.
  const whole = { ...head, status: row.status, fields, targeted: head.targeted ?? row.targeted }
  const obstacle = notStorable(request, whole, guesses)
  return obstacle === undefined
    ? { kind: 'refresh', row, fields, why: 'not-modified' }
    : { kind: 'refetch', why: obstacle }
}

/** The answer to a HEAD describes the stored answer to GET, or shows that it is out of date (RFC 9111 §4.3.5). */
function settleHead(request: RequestHead, head: ResponseHead, row: Row): Settlement {
  const { redirected, fields } = head
  const isUnkept = directivesOf(head).noStore || parseCacheControl(request.fields.get('cache-control')).noStore
  if (redirected) return { kind: 'keep', why: 'redirected' }
  if (isUnkept || request.cache === 'no-store') return { kind: 'keep', why: 'no-store' }
  const [tag, modified] = [entityTag(fields.get('etag')), fields.get('last-modified')]
  const isSame =
    row.status === 200 &&
    (tag === undefined || weakMatch(tag, entityTag(row.fields.get('etag')) ?? '')) &&
    (modified === undefined || modified === row.fields.get('last-modified'))
  return isSame
    ? { kind: 'update', row, fields: mergedFields(row.fields, fields), why: 'head' }
    : { kind: 'outdate', row, why: 'head' }
}

/** Whether an answer removes the stored one: the resource is gone or forbidden, or may no longer be stored. */
const endsEntry = (head: ResponseHead, obstacle: string): boolean =>
  isGone(head) || (head.status < 400 && ['no-store', 'credential', 'vary'].includes(obstacle))

const isGone = ({ status }: ResponseHead): boolean => status === 403 || status === 404 || status === 410

/**
 * Whether an answer has the expected media type. A sign-in page or a captive portal answers any path with 200 and HTML.
 * The page gets such an answer, and the store does not change.
 */
function isExpected(
  head: ResponseHead,
  request: RequestHead,
  expects: RegExp | undefined,
  row: Row | undefined,
): boolean {
  const type = mediaType(head.fields.get('content-type'))
  // An answer without content is not of the type that the rule names.
  if (type === undefined && (expects === undefined || head.status !== 204)) return true
  if (expects !== undefined) return expects.test(type ?? '')
  if (type !== 'text/html') return true
  const accepts = request.fields.get('accept') ?? '*/*'
  const known = row === undefined ? undefined : mediaType(row.fields.get('content-type'))
  return known === undefined ? /\*\/\*|text\/(html|\*)/i.test(accepts) : known === type
}

const mediaType = (field: string | undefined): string | undefined => field?.split(';')[0]?.trim().toLowerCase()
