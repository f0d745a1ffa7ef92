import { directivesOf, parseCacheControl } from './cache-control.ts'
import { entityTag, weakMatch } from './entity-tag.ts'
import { isAway, type RequestHead, type ResponseHead } from './head.ts'
import type { Plan } from './plan.ts'
import type { Row } from './row.ts'
import { notStorable } from './storable.ts'
import { confirmed, isConditional, mergedFields } from './validation.ts'

/** What became of a request that a plan sent forward. */
export type Outcome = { readonly kind: 'response'; readonly head: ResponseHead } | { readonly kind: 'failure' }

/** What the outcome means for the page and for the store, and why. */
export type Settlement =
  /** The page gets the new response, which also becomes the stored one. */
  | { readonly kind: 'store'; readonly why: string }
  /** The stored response holds: the page gets it, its fields brought up to date. */
  | { readonly kind: 'refresh'; readonly row: Row; readonly fields: ReadonlyMap<string, string>; readonly why: string }
  /** The page gets the new response, the answer to a HEAD, which brings the stored one's fields up to date (§4.3.5). */
  | { readonly kind: 'update'; readonly row: Row; readonly fields: ReadonlyMap<string, string>; readonly why: string }
  /** The page gets the new response; it shows that the stored one is out of date, which is validated before its next use. */
  | { readonly kind: 'outdate'; readonly row: Row; readonly why: string }
  /** The page gets the new response; the store stays as it is. */
  | { readonly kind: 'keep'; readonly why: string }
  /** The page gets the new response; what was stored has ended. */
  | { readonly kind: 'drop'; readonly why: string }
  /** The origin is away: the page gets the stored response of the plan. */
  | { readonly kind: 'stand-in'; readonly why: string }
  /** A 304 that speaks of no response we have: ask again without conditions (RFC 9111 §4.3.3). */
  | { readonly kind: 'refetch'; readonly why: string }
  /** The origin is away, and what is stored forbids to stand in: the page gets a 504 (RFC 9111 §5.2.2.2). */
  | { readonly kind: 'refuse'; readonly why: string }
  /** The origin is away and there is nothing to stand in: the page gets the failure as it was. */
  | { readonly kind: 'fail'; readonly why: string }

export interface SettleInput {
  readonly plan: Plan
  readonly request: RequestHead
  /** What is stored for the request where the plan may not answer from it (`reload`); absent: the plan's own row. */
  readonly stored?: Row | undefined
  /** The media type the rule says is right here: 'json', or a type; undefined: what the page accepts. */
  readonly expects: string | undefined
  readonly outcome: Outcome
  /** The worker asked by itself (`refresh`, a probe), not on behalf of a page's read: then nothing is removed. */
  readonly unasked: boolean
}

/**
 * What an answer, or the lack of one, means. The counterpart of `plan`.
 *
 * Whether the store may take it *now* (an older request than the row's, an identity that ended) is asked again by
 * `refusal`, inside the transaction that writes.
 *
 * @see RFC 9111 §4.3.3, §4.2.4, §3
 */
export function settle({ plan, request, stored, expects, outcome, unasked }: SettleInput): Settlement {
  const row = plan.kind === 'fetch' || plan.kind === 'unsatisfiable' ? undefined : plan.row
  const standsIn = plan.kind === 'serve-then-validate' || (plan.kind === 'validate' && plan.standsIn)
  if (outcome.kind === 'failure') {
    if (standsIn) return { kind: 'stand-in', why: 'network' }
    const forbids = plan.kind === 'validate' && plan.standing.strict
    return { kind: forbids ? 'refuse' : 'fail', why: 'network' }
  }
  const { head } = outcome
  const forgives = plan.kind === 'validate' && plan.forgiving && head.status === 500
  if (forgives || (standsIn && isAway(head.status))) return { kind: 'stand-in', why: 'away' }
  if (isAway(head.status)) return { kind: 'keep', why: 'away' }
  const held = stored ?? row
  if (plan.kind === 'fetch' && !plan.store && request.method !== 'HEAD') {
    const ends = held !== undefined && !unasked && !head.redirected && isGone(head)
    return { kind: ends ? 'drop' : 'keep', why: plan.why }
  }
  if (head.status === 304) return settleNotModified(plan, request, head)
  if (request.method === 'HEAD' && head.status === 200 && held !== undefined) return settleHead(request, head, held)
  if (head.opaque || head.redirected) return { kind: 'keep', why: head.opaque ? 'opaque' : 'redirected' }
  if (held !== undefined && unasked && head.status >= 400) return { kind: 'keep', why: 'unasked' }
  if (head.status < 300 && !isExpected(head, request, expects, held)) return { kind: 'keep', why: 'unexpected-type' }
  const obstacle = notStorable(request, head)
  if (obstacle === undefined) return { kind: 'store', why: 'storable' }
  if (held !== undefined && !unasked && endsEntry(head, obstacle)) return { kind: 'drop', why: obstacle }
  return { kind: 'keep', why: obstacle }
}

/** A 304 confirms one of the stored answers that were asked about, or is the page's own, or is of nothing we know. */
function settleNotModified(plan: Plan, request: RequestHead, head: ResponseHead): Settlement {
  const asked = plan.kind === 'fetch' ? plan.variants : plan.kind === 'unsatisfiable' ? [] : [plan.row]
  // Where the page has asked about what it has itself, one that does not name ours may be of either: nobody can tell.
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
  // A 304 can say `no-store` too, or have come by a redirect: only a whole answer settles that.
  const obstacle = notStorable(request, {
    ...head,
    status: row.status,
    fields,
    targeted: head.targeted ?? row.targeted,
  })
  return obstacle === undefined
    ? { kind: 'refresh', row, fields, why: 'not-modified' }
    : { kind: 'refetch', why: obstacle }
}

/** The answer to a HEAD speaks of the stored answer to GET: of the same, or of another by now (RFC 9111 §4.3.5). */
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

/** What the origin says is gone, forbidden, or not to be kept any more ends what we have of it. */
const endsEntry = (head: ResponseHead, obstacle: string): boolean =>
  isGone(head) || (head.status < 400 && ['no-store', 'credential', 'vary'].includes(obstacle))

const isGone = ({ status }: ResponseHead): boolean => status === 403 || status === 404 || status === 410

/**
 * Whether an answer is of the kind that belongs here. A sign-in page or a captive portal answers any path with 200 and
 * HTML; it is handed to the page and otherwise ignored.
 */
function isExpected(
  head: ResponseHead,
  request: RequestHead,
  expects: string | undefined,
  row: Row | undefined,
): boolean {
  const type = mediaType(head.fields.get('content-type'))
  if (type === undefined) return true
  if (expects !== undefined) return expects === 'json' ? isJson(type) : type === expects
  if (type !== 'text/html') return true
  const accepts = request.fields.get('accept') ?? '*/*'
  const known = row === undefined ? undefined : mediaType(row.fields.get('content-type'))
  return known === undefined ? /\*\/\*|text\/(html|\*)/i.test(accepts) : known === type
}

const isJson = (type: string): boolean => type === 'application/json' || type.endsWith('+json')

const mediaType = (field: string | undefined): string | undefined => field?.split(';')[0]?.trim().toLowerCase()
