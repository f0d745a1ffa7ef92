import { bucketOf, bucketSums, BUCKETS, collectionDigest, heldTag, type RowVersion } from '../../core/digest.ts'

/** A row of the backend. */
export interface BackendRow {
  readonly id: number
  readonly name: string
  readonly updated_at: string
}

interface Entry {
  readonly at: number
  readonly id: number
}

/**
 * A backend with `/sync`, `/sync/compare` and `/sync/rows` over rows in memory: what `server/sync` answers, without a
 * database.
 */
export class Backend {
  readonly rows = new Map<number, BackendRow>()
  readonly log: Entry[] = []
  /** Requests as they came: method, path, query, body and `If-None-Match`, and the status of the answer. */
  readonly arrived: {
    readonly method: string
    readonly url: URL
    readonly body: string
    readonly held: string | undefined
    status?: number
  }[] = []
  /** In place of the next answers, one for each; undefined: the backend's own. */
  readonly instead: (((own: Response) => Response | Promise<Response>) | undefined)[] = []
  pageSize = 10
  generation = 'one'
  scope = 'all'
  hasCompare = true
  /** Whether it answers 304 where nothing has changed. */
  isConditional = true
  /** What was before is cut off the log. */
  cutTo = 0
  isBehind = false
  isAway = false
  /** Settles before a request is answered. */
  gate: Promise<unknown> | undefined
  #at = 0

  put(id: number, name: string): void {
    this.rows.set(id, { id, name, updated_at: `v${++this.#at}` })
    this.log.push({ at: this.#at, id })
  }

  delete(id: number): void {
    this.rows.delete(id)
    this.log.push({ at: ++this.#at, id })
  }

  /** As by a query that passes the log by. */
  putSilently(id: number, name: string): void {
    this.rows.set(id, { id, name, updated_at: `silent ${name}` })
  }

  /** As `fetch`, for every path. Others than the endpoint's give the list. */
  readonly fetch = async (given: Request | string, init?: RequestInit): Promise<Response> => {
    const request = typeof given === 'string' ? new Request(new URL(given, 'https://app.test'), init) : given
    const url = new URL(request.url)
    const body = await request.clone().text()
    const held = request.headers.get('if-none-match') ?? undefined
    const arrived: Backend['arrived'][number] = { method: request.method, url, body, held }
    this.arrived.push(arrived)
    await this.gate
    if (this.isAway) throw new TypeError('Failed to fetch')
    const own = this.#answer(url, body, held)
    const answer = (await this.instead.shift()?.(own)) ?? own
    arrived.status = answer.status
    return answer
  }

  get asked(): string[] {
    return this.arrived.map(({ method, url }) => `${method} ${url.pathname}`)
  }

  /** Requests of one path. */
  at(path: string): URL[] {
    return this.arrived.flatMap(({ url }) => (url.pathname === path ? [url] : []))
  }

  #answer(url: URL, body: string, held: string | undefined): Response {
    switch (url.pathname) {
      case '/sync':
        return this.#changes(url.searchParams, held)
      case '/sync/compare':
        return this.hasCompare ? this.#compare(body) : new Response('', { status: 404 })
      case '/sync/rows': {
        const { ids } = JSON.parse(body) as { ids: string[] }
        return json({ rows: ids.flatMap((id) => this.rows.get(Number(id)) ?? []) })
      }
      case '/api/products':
        return json({ items: [...this.rows.values()], total: this.rows.size, page: 1 })
      default: {
        const row = this.rows.get(Number(url.pathname.split('/').at(-1)))
        return row === undefined ? new Response('', { status: 404 }) : json(row)
      }
    }
  }

  #cursor(at: number, load?: number): string {
    const parts = [1, this.generation, this.scope, String(at), '0', ...(load === undefined ? [] : ['load', load])]
    return btoa(JSON.stringify(parts)).replaceAll('=', '')
  }

  #changes(query: URLSearchParams, held: string | undefined): Response {
    const since = query.get('since')
    if (since?.includes(':') === true) return json({ title: 'since is no cursor of this server' }, 400)
    const [, generation, scope, at, , , load] = since === null ? [] : (JSON.parse(atob(since)) as unknown[])
    const from = Number(at ?? this.#at)
    if (since !== null) {
      const reason =
        generation !== this.generation
          ? 'generation'
          : scope !== this.scope
            ? 'scope'
            : from < this.cutTo
              ? 'retention'
              : undefined
      if (reason !== undefined) return json({ reason }, 410, { 'retry-after': '0' })
    }
    const isLoad = since === null || load !== undefined
    if (isLoad) {
      const all = [...this.rows.values()].toSorted((one, other) => other.id - one.id)
      const left = all.filter(({ id }) => load === undefined || id < Number(load))
      const page = left.slice(0, this.pageSize)
      const hasMore = left.length > page.length
      return this.#page(since, this.#cursor(from, hasMore ? page.at(-1)?.id : undefined), hasMore, page, [])
    }
    const later = this.log.filter((entry) => entry.at > from).slice(0, this.pageSize)
    const ids = [...new Set(later.map(({ id }) => id))]
    const hasMore = later.length === this.pageSize
    const next = hasMore ? (later.at(-1)?.at ?? from) : this.#at
    const rows = ids.flatMap((id) => this.rows.get(id) ?? [])
    const gone = ids.filter((id) => !this.rows.has(id)).map(String)
    const digest = collectionDigest(bucketSums(this.#versions()))
    const isRight = held === heldTag({ count: this.rows.size, digest })
    if (isRight && ids.length === 0 && !this.isBehind && this.isConditional) return new Response(null, { status: 304 })
    return this.#page(since, this.#cursor(next), hasMore, rows, gone)
  }

  #page(
    since: string | null,
    timestamp: string,
    hasMore: boolean,
    added: readonly BackendRow[],
    deleted: readonly string[],
  ): Response {
    const isEnd = !hasMore && !this.isBehind && JSON.parse(atob(timestamp))[3] === String(this.#at)
    const numbers = isEnd ? { total: this.rows.size, digest: collectionDigest(bucketSums(this.#versions())) } : {}
    const data = { products: { added, updated: [], deleted, ...numbers } }
    return json({ since, timestamp, hasMore, behind: this.isBehind, retention: 'P30D', data })
  }

  #compare(body: string): Response {
    const { sums } = JSON.parse(body) as { sums: string }
    const bytes = new DataView(Uint8Array.from(atob(sums), (each) => each.charCodeAt(0)).buffer)
    const here = bucketSums(this.#versions())
    const buckets: { bucket: number; rows: [string, string][] }[] = []
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (here[bucket] === bytes.getUint32(bucket * 4, true)) continue
      const rows = this.#versions().flatMap(({ id, version }): [string, string][] =>
        bucketOf(id) === bucket ? [[id, version]] : [],
      )
      buckets.push({ bucket, rows })
    }
    return json({ timestamp: this.#cursor(this.#at), total: this.rows.size, buckets })
  }

  #versions(): RowVersion[] {
    return [...this.rows.values()].map(({ id, updated_at }) => ({ id: String(id), version: updated_at }))
  }
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } })
