import { BUCKETS, bucketOf, bucketSums, collectionDigest, heldTag, type RowVersion } from '../../sw/core/digest.ts'
import type { SyncAnswer } from './changes-since.ts'
import type { Comparison } from './compare.ts'
import { versionText } from './entity.ts'

type Row = Readonly<Record<string, unknown>>
type Handler = (request: Request) => Promise<Response>

/** A client of `/sync` in a few lines: what it holds after `pull()` has to be what SQL says. */
export class SyncClient {
  readonly rows = new Map<string, Row>()
  readonly answers: SyncAnswer[] = []
  readonly #handler: Handler
  readonly #entity: string
  readonly #user: string
  cursor: string | null = null

  constructor(handler: Handler, entity: string, user = 'ada') {
    this.#handler = handler
    this.#entity = entity
    this.#user = user
  }

  /** One request after another until there is no more. Gives the last answer. */
  async pull(): Promise<SyncAnswer> {
    for (;;) {
      const answer = await this.step()
      if (!answer.hasMore) return answer
    }
  }

  async step(): Promise<SyncAnswer> {
    const query = new URLSearchParams({ entities: this.#entity, digest: '1' })
    if (this.cursor !== null) query.set('since', this.cursor)
    const held = { count: this.rows.size, digest: collectionDigest(bucketSums(this.versions())) }
    const headers = this.cursor === null ? {} : { 'if-none-match': heldTag(held) }
    const response = await this.ask(`/sync?${query}`, { headers })
    if (response.status === 304) return this.#unchanged(held)
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    const answer = (await response.json()) as SyncAnswer
    if (answer.since !== this.cursor) throw new Error('the answer is to another cursor')
    const changes = answer.data[this.#entity]
    if (changes === undefined) throw new Error(`the answer has nothing of ${this.#entity}`)
    const { added, updated, deleted, total, digest } = changes
    const ids = [...added, ...updated].map(({ id }) => String(id)).concat(deleted)
    if (new Set(ids).size !== ids.length) throw new Error('an id stands twice')
    for (const row of [...added, ...updated]) this.rows.set(String(row['id']), row)
    for (const id of deleted) this.rows.delete(id)
    this.cursor = answer.timestamp
    this.answers.push(answer)
    if (total !== undefined && total !== this.rows.size) throw new Error(`total ${total}, held ${this.rows.size}`)
    if (digest !== undefined && digest !== collectionDigest(bucketSums(this.versions())))
      throw new Error('digest differs')
    return answer
  }

  /** Makes good what differs, whatever the cursor. Gives how many rows had to be fetched. */
  async compare(): Promise<number> {
    const sums = bucketSums(this.versions())
    const bytes = Buffer.alloc(BUCKETS * 4)
    for (const [bucket, sum] of sums.entries()) bytes.writeUInt32LE(sum, bucket * 4)
    const { buckets, timestamp } = await this.#post<Comparison>('/sync/compare', { sums: bytes.toString('base64') })
    const differing = new Map(buckets.map(({ bucket, rows }) => [bucket, new Map(rows)]))
    const missing: string[] = []
    for (const { id } of this.versions()) if (differing.get(bucketOf(id))?.has(id) === false) this.rows.delete(id)
    const held = new Map([...this.versions()].map(({ id, version }) => [id, version]))
    for (const rows of differing.values())
      for (const [id, version] of rows) if (held.get(id) !== version) missing.push(id)
    for (let at = 0; at < missing.length; at += 1000) {
      const ids = missing.slice(at, at + 1000)
      const { rows } = await this.#post<{ rows: Row[] }>('/sync/rows', { ids })
      for (const row of rows) this.rows.set(String(row['id']), row)
    }
    this.cursor = timestamp
    return missing.length
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { 'x-user': this.#user, ...init.headers }
    return this.#handler(new Request(`http://shop.invalid${path}`, { ...init, headers }))
  }

  /** What a 304 stands for: the cursor stays. */
  #unchanged({ count, digest }: { readonly count: number; readonly digest: number }): SyncAnswer {
    if (this.cursor === null) throw new Error('nothing can be unchanged since nothing')
    const changes = { added: [], updated: [], deleted: [], total: count, digest }
    const answer = { since: this.cursor, timestamp: this.cursor, hasMore: false, behind: false, retention: 'P30D' }
    this.answers.push({ ...answer, data: { [this.#entity]: changes } })
    return { ...answer, data: { [this.#entity]: changes } }
  }

  *versions(): Generator<RowVersion> {
    for (const [id, row] of this.rows) yield { id, version: versionText(row['updated_at']) }
  }

  async #post<Answer>(path: string, body: object): Promise<Answer> {
    const response = await this.ask(path, { method: 'POST', body: JSON.stringify({ entity: this.#entity, ...body }) })
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
    return (await response.json()) as Answer
  }
}
