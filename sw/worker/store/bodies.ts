import { BODY_CACHE } from '../../../config/names.ts'
import type { Body, Row } from '../../core/row.ts'
import type { Sequence } from '../../core/sequence.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'
import { worker } from '../scope.ts'

/** Up to here a body lives in its row: one read instead of two, and one transaction for both. */
const INLINE_BYTES = 16 * 1024

/**
 * Bodies too large for their row. Each version has a URL of its own and is never overwritten, so that a row always finds
 * the very bytes it was written for, or none.
 */
export class Bodies {
  #cache: Promise<Cache> | undefined
  /** What is there instead of a new cache, once they are cleared for good. */
  #after: Promise<never> | undefined

  /** Puts a body where it belongs. When this settles it is there; the row that names it can be written. */
  async put(bytes: ArrayBuffer, at: Sequence): Promise<Body> {
    if (bytes.byteLength <= INLINE_BYTES) return { bytes }
    const url = `${worker.location.origin}/__freshlayer/${at}`
    // Whoever has deleted the cache has left us one that nobody else finds.
    this.#cache = this.#after
    await (await this.#open()).put(url, new Response(bytes))
    return { url }
  }

  /** What `new Response` takes; undefined when the body is not there: a row without its body is a miss. */
  get(body: Body): ArrayBuffer | Promise<ReadableStream<Uint8Array> | undefined> {
    if ('bytes' in body) return body.bytes
    return this.#open().then(async (cache) => (await cache.match(body.url))?.body ?? undefined)
  }

  /** Removes the bodies of rows that are gone. What fails or takes long leaves garbage, which the audit finds. */
  async remove(rows: readonly Pick<Row, 'body'>[]): Promise<void> {
    const urls = rows.flatMap(({ body }) => ('url' in body ? [body.url] : []))
    if (urls.length === 0) return
    const cache = await this.#open()
    await timeout(STORE_LIMIT_MS, Promise.all(urls.map((url) => cache.delete(url))), undefined)
  }

  /** Whether a body is where its row says. */
  async has(body: Body): Promise<boolean> {
    return 'bytes' in body || (await (await this.#open()).match(body.url)) !== undefined
  }

  /** Every body in Cache Storage. */
  async urls(): Promise<string[]> {
    return (await (await this.#open()).keys()).map(({ url }) => url)
  }

  /** @param after what whoever comes later finds in place of a cache. Default: a new one. */
  async clear(after?: Promise<never>): Promise<void> {
    this.#cache = this.#after = after
    await caches.delete(BODY_CACHE)
  }

  #open(): Promise<Cache> {
    if (this.#cache !== undefined) return this.#cache
    const opened = openCache()
    opened.catch(() => {
      if (this.#cache === opened) this.#cache = undefined
    })
    this.#cache = opened
    return opened
  }
}

async function openCache(): Promise<Cache> {
  const cache = await timeout(STORE_LIMIT_MS, caches.open(BODY_CACHE), undefined)
  if (cache === undefined) throw new Error(`opening ${BODY_CACHE} took longer than ${STORE_LIMIT_MS} ms`)
  return cache
}
