import { normaliseUrl } from '../../config/language/index.ts'
import { refusal } from '../../sw/core/admission.ts'
import { type CacheStatus, cacheStatus } from '../../sw/core/cache-status.ts'
import { covers, isKnown, partOf } from '../../sw/core/conditional.ts'
import { currentAge } from '../../sw/core/freshness.ts'
import { groupNames } from '../../sw/core/groups.ts'
import type { CacheMode, Fields, RequestHead, ResponseHead } from '../../sw/core/head.ts'
import { formatHttpDate } from '../../sw/core/http-date.ts'
import { Invalidations, type Target } from '../../sw/core/invalidation.ts'
import { entryKey } from '../../sw/core/key.ts'
import { type Plan, plan } from '../../sw/core/plan.ts'
import { combines, contentRange, joined } from '../../sw/core/range.ts'
import { rateLimitMs, retryAfterMs } from '../../sw/core/retry-after.ts'
import { ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { searched, searchPolicy, type SearchPolicy } from '../../sw/core/search.ts'
import { selected } from '../../sw/core/select.ts'
import { NEVER, sequence } from '../../sw/core/sequence.ts'
import { settle, type Settlement } from '../../sw/core/settle.ts'
import { controlOf, TARGETED_FIELD } from '../../sw/core/targeted.ts'
import { guesses, type Windows } from '../../sw/core/timeline.ts'
import { bytes, type EpochMs, epochMs } from '../../sw/core/units.ts'
import { conditions, mergedFields, sameValidator, storedFields } from '../../sw/core/validation.ts'
import { variantOf, varyNames } from '../../sw/core/vary.ts'
import { answersReads, settleWrite } from '../../sw/core/write.ts'
import { bareDictionary, bareList, listParameters } from '../../sw/worker/requests/structured-fields.ts'

/** A request of the page. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly fields: Fields
  readonly cache: CacheMode
  readonly credentials: string
  readonly body: string
}

/** What the origin says; the body of one that is `cut` breaks off. */
export interface Said {
  readonly status: number
  readonly fields: Fields
  readonly body: string
  readonly cut: boolean
}

/** What the page gets; undefined: its fetch rejects. */
export type Answer = Said | undefined

/** Sends a request to the origin; undefined: it cannot be reached. */
export type Ask = (method: string, fields: Fields) => Promise<Said | undefined>

/** Everything is left to HTTP, as in `rules.ts`. */
const RULE: Windows = { fresh: 'http', stale: 'http', offline: 'http', trust: 'http' }

const ruleOf = (url: string): Windows => (url.includes('/guessed/') ? { ...RULE, heuristic: 0.1 } : RULE)

const SAFE = /^(GET|HEAD|OPTIONS|TRACE|QUERY)$/

/**
 * The smallest cache that carries out what the core decides: a map, a clock that is set by hand, one thing at a time. What
 * a row says of it, it says of `plan` and `settle`.
 */
export class Model {
  nowMs: EpochMs = epochMs(0)
  readonly #ask: Ask
  readonly #rows = new Map<string, readonly Row[]>()
  readonly #marks = new Invalidations()
  readonly #searches = new Map<string, SearchPolicy>()
  #restUntilMs = 0
  #counter = 0
  /** What goes on behind the page's back. */
  behind: Promise<unknown> = Promise.resolve()

  constructor(ask: Ask) {
    this.#ask = ask
  }

  async fetch(asked: Asked): Promise<Answer> {
    const isRead = SAFE.test(asked.method) || (asked.method === 'POST' && asked.url.includes('/search/'))
    if (!isRead) return this.#write(asked)
    const head = this.#head(asked)
    const key = this.#key(head, asked)
    const rows = this.#rows.get(key) ?? []
    const row = selected(rows, head)
    const variants = row === undefined ? rows.filter((other) => covers(other, head)) : []
    const invalidated = row !== undefined && this.#marks.covering(row) > row.sequence
    const partial = row !== undefined && !covers(row, head)
    const planned = plan({
      request: head,
      rule: ruleOf(asked.url),
      row,
      variants,
      partial,
      invalidated,
      doubted: false,
      reloaded: false,
      now: this.nowMs,
    })
    switch (planned.kind) {
      case 'serve':
      case 'serve-then-validate':
        if (planned.kind === 'serve-then-validate' && this.nowMs >= this.#restUntilMs) {
          this.behind = this.#forward(asked, head, planned, row)
        }
        return this.#stored(head, planned.row, { hit: true, ttl: planned.standing.ttl, detail: planned.why })
      case 'validate':
      case 'fetch':
        return this.#forward(asked, head, planned, row)
      case 'unsatisfiable':
        return GATEWAY_TIMEOUT
    }
  }

  #head({ method, url, fields, cache }: Asked): RequestHead {
    const bare = normaliseUrl(url, { ignoreQuery: [] })
    const policy = this.#searches.get(pathOf(bare))
    return { method, url: policy === undefined ? bare : searched(bare, policy), fields, cache }
  }

  #key(request: RequestHead, { credentials, body }: Asked): string {
    const bodyDigest = body === '' ? undefined : body
    return entryKey({
      partition: 'everyone',
      request,
      url: request.url,
      credentials,
      keyHeaders: [],
      bodyDigest,
    })
  }

  async #forward(asked: Asked, head: RequestHead, planned: Plan, row: Row | undefined): Promise<Answer> {
    const at = sequence(1, ++this.#counter)
    const requestedAtMs = this.nowMs
    const stored = planned.kind === 'fetch' ? planned.variants : planned.kind === 'unsatisfiable' ? [] : [planned.row]
    const own: Fields = planned.kind === 'serve-then-validate' ? new Map() : head.fields
    const isPast = (planned.kind === 'fetch' && !planned.store) || head.method === 'POST'
    const asking = isPast ? [] : conditions(fieldsOf(stored), own)
    let said = await this.#send(head, asking)
    let settlement = this.#settle(planned, head, row, said)
    if (settlement.kind === 'refetch') {
      said = await this.#send(head, [])
      settlement = this.#settle(planned, head, row, said)
    }
    if (said !== undefined) this.#heed(head, said)
    const times = { requestedAtMs, receivedAtMs: this.nowMs }
    const how: CacheStatus = { fwd: 'fwd' in planned ? planned.fwd : 'stale', 'fwd-status': said?.status }
    switch (settlement.kind) {
      case 'store':
        if (said === undefined) return said
        if (said.cut) {
          const standsIn = row !== undefined && planned.kind === 'validate' && planned.standsIn
          return standsIn ? this.#stored(head, row, { fwd: 'stale', detail: 'offline' }) : said
        }
        this.#store(asked, head, row, said, at, times)
        return withStatus(said, { ...how, stored: true })
      case 'refresh':
      case 'update': {
        const { fields } = settlement
        const targeted = (said && targetedIn(said.fields)) ?? settlement.row.targeted
        const names = varyNames(fields)
        const variant = names === 'unknowable' ? settlement.row.variant : variantOf(names, head.fields)
        const tags = groupNames(bareList(fields.get('cache-groups')))
        const refreshed = { ...settlement.row, ...times, fields, targeted, variant, tags, sequence: at }
        this.#rows.set(settlement.row.key, this.#others(settlement.row))
        this.#commit(refreshed)
        return settlement.kind === 'refresh'
          ? this.#stored(head, refreshed, { ...how, stored: true })
          : said && withStatus(said, how)
      }
      case 'outdate':
        this.#marks.add({ target: `url ${settlement.row.url}`, sequence: sequence(1, ++this.#counter) })
        return said && withStatus(said, how)
      case 'drop':
        if (row !== undefined) this.#rows.set(row.key, this.#others(row))
        return said && withStatus(said, { ...how, detail: settlement.why })
      case 'stand-in': {
        if (row === undefined) return GATEWAY_TIMEOUT
        const isOverwritten = this.#marks.covering(row) > row.sequence
        const detail = isOverwritten ? 'offline-before-write' : 'offline'
        return this.#stored(head, row, { fwd: 'stale', 'fwd-status': said?.status, detail })
      }
      case 'refuse':
        return GATEWAY_TIMEOUT
      case 'keep':
      case 'refetch':
      case 'fail':
        return said && withStatus(said, { ...how, detail: settlement.why })
    }
  }

  #send({ method, fields }: RequestHead, asking: readonly (readonly [string, string])[]): Promise<Said | undefined> {
    return this.#ask(method, new Map([['cache-control', 'max-age=0'], ['pragma', ''], ...fields, ...asking]))
  }

  #settle(planned: Plan, request: RequestHead, stored: Row | undefined, said: Said | undefined): Settlement {
    const outcome =
      said === undefined ? ({ kind: 'failure' } as const) : ({ kind: 'response', head: headOf(said) } as const)
    return settle({
      plan: planned,
      request,
      stored,
      expects: undefined,
      guesses: guesses(ruleOf(request.url)),
      outcome,
      unasked: false,
    })
  }

  #heed({ url }: RequestHead, { status, fields }: Said): void {
    const field = status === 429 || status === 503 ? fields.get('retry-after') : undefined
    const restMs =
      field === undefined ? rateLimitMs(listParameters(fields.get('ratelimit'))) : retryAfterMs(field, this.nowMs)
    if (restMs > 0) this.#restUntilMs = this.nowMs + restMs
    else if (status < 400) this.#restUntilMs = 0
    this.#clear(fields)
    if (status >= 300) return
    const policy = searchPolicyIn(fields)
    if (policy === undefined) this.#searches.delete(pathOf(url))
    else this.#searches.set(pathOf(url), policy)
  }

  #clear(fields: Fields): void {
    if (/"(cache|storage|\*)"/.test(fields.get('clear-site-data') ?? '')) this.#rows.clear()
  }

  #store(
    asked: Asked,
    head: RequestHead,
    previous: Row | undefined,
    { status, fields: received, body }: Said,
    at: Row['sequence'],
    times: Pick<Row, 'requestedAtMs' | 'receivedAtMs'>,
  ): void {
    if (/"(cache|storage|\*)"/.test(received.get('clear-site-data') ?? '')) return
    const fields = storedFields(received)
    if (!fields.has('date')) fields.set('date', formatHttpDate(times.receivedAtMs))
    let content = new TextEncoder().encode(body).buffer as ArrayBuffer
    let kept = status
    const part = status === 206 ? contentRange(fields) : undefined
    if (part !== undefined) {
      if (previous?.status === 200 && sameValidator(previous.fields, fields) === true) {
        const merged = mergedFields(previous.fields, fields)
        merged.delete('content-range')
        return this.#commit({ ...previous, ...times, sequence: at, fields: merged })
      }
      const known = previous && combines(previous.fields, fields) ? previous : undefined
      const all = joined((known && contentRange(known.fields)) ?? part, known ? bytesOf(known) : content, part, content)
      content = all.bytes
      if (all.contentRange === undefined) {
        fields.delete('content-range')
        kept = 200
      } else fields.set('content-range', all.contentRange)
    }
    const names = varyNames(fields)
    const current = this.#head(asked)
    this.#commit({
      shape: ROW_SHAPE,
      key: this.#key(current, asked),
      variant: variantOf(names === 'unknowable' ? [] : names, head.fields),
      partition: 'everyone',
      rule: 'rows',
      tags: groupNames(bareList(received.get('cache-groups'))),
      url: current.url,
      request: { fields: new Map(), credentials: 'same-origin' },
      status: kept,
      statusText: '',
      fields,
      targeted: targetedIn(received),
      sequence: at,
      ...times,
      storedAtMs: this.nowMs,
      digest: '',
      size: bytes(content.byteLength),
      body: content,
    })
  }

  #commit(row: Row): void {
    const rows = this.#rows.get(row.key) ?? []
    const existing = rows.find(({ variant }) => variant === row.variant)
    if (refusal(row, existing?.sequence, NEVER) === undefined) this.#rows.set(row.key, [row, ...this.#others(row)])
  }

  #others({ key, variant }: Row): Row[] {
    return (this.#rows.get(key) ?? []).filter((other) => other.variant !== variant)
  }

  #stored(head: RequestHead, row: Row, how: CacheStatus): Said {
    const fields = new Map(row.fields)
    fields.set('age', String(Math.floor(currentAge(row, this.nowMs))))
    const sized = (length: number): void => void (row.status !== 204 && fields.set('content-length', String(length)))
    const text = new TextDecoder().decode(bytesOf(row))
    const form = partOf(head, row)
    const said = (status: number, body: string): Said => withStatus({ status, fields, body, cut: false }, how)
    switch (form?.kind) {
      case undefined:
        if (isKnown(head, row)) return said(304, '')
        sized(row.size)
        return said(row.status, head.method === 'HEAD' ? '' : text)
      case 'unsatisfiable':
        fields.set('content-range', `bytes */${form.total}`)
        return said(416, '')
      case 'part': {
        const { first, last, offset, total } = form
        fields.set('content-range', `bytes ${first}-${last}/${total ?? '*'}`)
        sized(last - first + 1)
        return said(206, text.slice(offset, offset + last - first + 1))
      }
    }
  }

  async #write(asked: Asked): Promise<Answer> {
    const { method, url, fields } = asked
    const said = await this.#ask(method, fields)
    const outcome = settleWrite(said?.status ?? 'failure')
    const own = normaliseUrl(url, { ignoreQuery: [] })
    const named = outcome === 'named' ? ['location', 'content-location'] : []
    const urls = named.flatMap((name) => {
      const value = said?.fields.get(name)
      if (value === undefined || !URL.canParse(value, own)) return []
      const { origin, href } = new URL(value, own)
      return origin === new URL(own).origin ? [normaliseUrl(href, { ignoreQuery: [] })] : []
    })
    const targets: Target[] = [
      ...(outcome === 'nothing' ? [] : [pathOf(own), ...urls].map((each): Target => `url ${each}`)),
      ...groupNames(bareList(said?.fields.get('cache-group-invalidation'))).map((name): Target => `tag ${name}`),
    ]
    for (const target of targets) this.#marks.add({ target, sequence: sequence(1, ++this.#counter) })
    if (said !== undefined) this.#clear(said.fields)
    if (said !== undefined && !said.cut && url.includes('/posted/')) this.#keepWritten(asked, said)
    return said && withStatus(said, { fwd: 'method', 'fwd-status': said.status })
  }

  /** The answer to a write is stored at the place of what the write has ended. */
  #keepWritten({ method, ...asked }: Asked, said: Said): void {
    const read: Asked = { ...asked, method: 'GET', body: '' }
    const head = this.#head(read)
    const row = selected(this.#rows.get(this.#key(head, read)) ?? [], head)
    const times = { requestedAtMs: this.nowMs, receivedAtMs: this.nowMs }
    const given = said.fields.get('content-location')
    const location = given === undefined ? undefined : new URL(given, asked.url).href
    const written = { ...headOf(said), ...times, method, url: asked.url, location }
    if (!answersReads(written) || this.#settle(FETCH, head, row, said).kind !== 'store') return
    this.#store(read, head, row, said, sequence(1, this.#counter), times)
  }
}

const FETCH: Plan = { kind: 'fetch', store: true, variants: [], fwd: 'uri-miss', why: 'write' }

const GATEWAY_TIMEOUT: Said = { status: 504, fields: new Map(), body: '', cut: false }

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url

const fieldsOf = (rows: readonly Row[]): Fields[] => rows.map(({ fields }) => fields)

const bytesOf = ({ body }: Row): ArrayBuffer => body as ArrayBuffer

const targetedIn = (fields: Fields): string | undefined => controlOf(bareDictionary(fields.get(TARGETED_FIELD)))

const searchPolicyIn = (fields: Fields): SearchPolicy | undefined =>
  fields.has('no-vary-search') ? searchPolicy(bareDictionary(fields.get('no-vary-search'))) : undefined

const headOf = ({ status, fields }: Said): ResponseHead => ({
  status,
  statusText: '',
  fields,
  redirected: false,
  opaque: false,
  targeted: targetedIn(fields),
})

const withStatus = (said: Said, how: CacheStatus): Said => ({
  ...said,
  fields: new Map([...said.fields, ['cache-status', cacheStatus(how, said.fields.get('cache-status'))]]),
})
