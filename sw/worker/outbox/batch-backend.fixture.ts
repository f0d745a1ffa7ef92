import { isSameJson, type JsonObject } from '../../core/outbox/json.ts'
import { Backend } from './outbox.fixture.ts'

export interface SentItem {
  readonly key: string
  readonly entity: string
  readonly id: string
  readonly baseVersion?: string | null
  readonly updatedAt: string
  readonly isDeleted?: boolean
  readonly fields?: JsonObject
}

interface BatchRow {
  readonly id: number
  readonly name: string
  readonly updated_at: string
}

/** What comes of a batch. `cut`: it is performed, and the answer is lost. A response: it is given, and nothing is performed. */
export type BatchFault = 'cut' | 'away' | Response

/** A backend that takes batches as the server kit does, with one namespace of keys for them and for requests of their own. */
export class BatchBackend extends Backend {
  readonly rows = new Map<number, BatchRow>()
  /** The batches that were received, by their items. */
  readonly batches: (readonly SentItem[])[] = []
  readonly batchRequests: Request[] = []
  readonly batchFaults: BatchFault[] = []
  /** Writes as requests of their own. */
  readonly alone: string[] = []
  /** Items are refused by their names, or come later. */
  readonly named = new Map<string, JsonObject>()
  /** How often each key was performed. */
  readonly performed = new Map<string, number>()
  /** Called when a batch has come, before anything is done. */
  onBatch: () => unknown = () => undefined
  /** How many items it takes. */
  mostItems = 1000
  readonly #keys = new Map<string, { readonly as: string; readonly id: number }>()
  #nextId = 100
  #version = 1

  put(id: number, name: string): BatchRow {
    const row = { id, name, updated_at: `v${this.#version++}` }
    this.rows.set(id, row)
    return row
  }

  override async answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (this.isAway) throw new TypeError('Failed to fetch')
    if (pathname === '/api/sync') return this.#batch(request)
    if (request.method === 'GET') return super.answer(request)
    this.alone.push(`${request.method} ${pathname}`)
    const fault = this.faults.shift()
    if (fault === 'away') throw new TypeError('Failed to fetch')
    if (typeof fault === 'number') return Response.json({}, { status: fault })
    const body = await request.text()
    const key = request.headers.get('idempotency-key')?.slice(1, -1) ?? crypto.randomUUID()
    const known = this.#keys.get(key)
    const as = `alone ${request.method} ${pathname} ${body}`
    if (known !== undefined && known.as !== as) return Response.json({ reason: 'key-reused' }, { status: 422 })
    const id = known?.id ?? this.#write(key, as, Number(pathname.split('/').at(3)), request.method, body)
    if (fault === 'cut') throw new TypeError('Failed to fetch')
    if (request.method === 'DELETE') return new Response(null, { status: 204 })
    return Response.json(this.rows.get(id) ?? {}, { status: request.method === 'POST' ? 201 : 200 })
  }

  #write(key: string, as: string, at: number, method: string, body: string): number {
    const id = method === 'POST' ? this.#nextId++ : at
    this.performed.set(key, (this.performed.get(key) ?? 0) + 1)
    this.#keys.set(key, { as, id })
    if (method === 'DELETE') this.rows.delete(id)
    else this.put(id, String((JSON.parse(body) as { name?: string }).name))
    return id
  }

  async #batch(request: Request): Promise<Response> {
    this.batchRequests.push(request.clone())
    const packed = request.headers.get('content-encoding') === 'gzip'
    const stream = packed ? request.body?.pipeThrough(new DecompressionStream('gzip')) : request.body
    const { items } = (await new Response(stream).json()) as { items: readonly SentItem[] }
    this.batches.push(items)
    await this.onBatch()
    const fault = this.batchFaults.shift()
    if (fault === 'away') throw new TypeError('Failed to fetch')
    if (fault instanceof Response) return fault
    if (items.length > this.mostItems)
      return Response.json({ mostItems: this.mostItems }, { status: 413, headers: { 'accept-encoding': 'gzip' } })
    const ids = new Map<string, number>()
    const own = new Map<number, { readonly base: unknown; readonly version: string | undefined }>()
    const stopped = new Set<string>()
    const results = items.map((item) => this.#item(item, ids, own, stopped))
    if (fault === 'cut') throw new TypeError('Failed to fetch')
    return Response.json(
      { items: results },
      { headers: { 'accept-encoding': 'gzip', 'freshlayer-position': 'p1', 'content-length': '5' } },
    )
  }

  #item(
    item: SentItem,
    ids: Map<string, number>,
    own: Map<number, { readonly base: unknown; readonly version: string | undefined }>,
    stopped: Set<string>,
  ): JsonObject {
    const { key, entity, isDeleted = false, fields, updatedAt } = item
    const id = ids.get(item.id) ?? Number(item.id)
    const done = (result: string, problem?: JsonObject, at = id): JsonObject => {
      const row = result === 'refused' || result === 'later' ? undefined : this.rows.get(at)
      if (problem !== undefined) stopped.add(item.id).add(String(at))
      else {
        ids.set(item.id, at)
        own.set(at, { base: item.baseVersion ?? null, version: row?.updated_at })
      }
      return { key, entity, id: String(at), result, row: row ?? null, updatedAt: row?.updated_at ?? null, problem }
    }
    if (stopped.has(item.id) || stopped.has(String(id))) return done('later', { status: 409, reason: 'behind' })
    const as = JSON.stringify([entity, isDeleted, fields ?? null, updatedAt])
    const known = this.#keys.get(key)
    if (known !== undefined)
      return known.as === as
        ? done('applied', undefined, known.id)
        : done('refused', { status: 422, reason: 'key-reused' })
    const problem = this.named.get(String(fields?.['name']))
    if (problem !== undefined) return done(String(problem['result']), problem)
    const row = this.rows.get(id)
    const isOwn =
      own.has(id) && own.get(id)?.base === (item.baseVersion ?? null) && own.get(id)?.version === row?.updated_at
    if (item.baseVersion === null && !isOwn)
      return done('applied', undefined, this.#write(key, as, 0, 'POST', JSON.stringify(fields)))
    if (isDeleted && row === undefined) return done('unchanged')
    if (row === undefined) return done('conflict', { status: 409, reason: 'gone' })
    if (
      fields !== undefined &&
      Object.entries(fields).every(([name, value]) => isSameJson(Reflect.get(row, name), value))
    )
      return done('unchanged')
    if (!isOwn && item.baseVersion !== row.updated_at) return done('conflict', { status: 409, reason: 'changed' })
    return done('applied', undefined, this.#write(key, as, id, isDeleted ? 'DELETE' : 'PATCH', JSON.stringify(fields)))
  }
}
