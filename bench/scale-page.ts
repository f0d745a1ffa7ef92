import { inLanes } from '../e2e/support/in-lanes.ts'
import { type Fields, read } from './page.ts'
import { SESSION } from './payload.ts'

/** What the bench at scale asks of a page besides, by name and as JSON. */
export interface ScalePage {
  /** Reads every URL, so many at once. */
  readAll(urls: readonly string[], parallel: number, fields: Fields): Promise<void>
  /** Writes to every URL, so many at once. */
  writeAll(urls: readonly string[], parallel: number, fields: Fields): Promise<void>
  /** Milliseconds until a write is answered, one after the other. */
  write(urls: readonly string[], fields: Fields): Promise<number[]>
  /** Milliseconds until a write is answered, and then a read of what it has made stale. */
  writeAndRead(write: string, stale: string, fields: Fields): Promise<number>
  /**
   * Milliseconds from the question to sign out until a stored URL is no longer answered with the server away; undefined
   * where it still is after the limit.
   */
  signOut(stored: string, limitMs: number, fields: Fields): Promise<number | undefined>
}

declare global {
  var atScale: ScalePage
}

async function write(url: string, fields: Fields, method = 'POST'): Promise<void> {
  const response = await fetch(url, { method, headers: fields })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`${method} ${url} was answered with ${response.status}`)
}

globalThis.atScale = {
  readAll: (urls, parallel, fields) => inLanes(urls, parallel, (url) => read(url, fields)),
  writeAll: (urls, parallel, fields) => inLanes(urls, parallel, (url) => write(url, fields)),

  async write(urls, fields) {
    const times: number[] = []
    for (const url of urls) {
      const began = performance.now()
      await write(url, fields)
      times.push(performance.now() - began)
    }
    return times
  },

  async writeAndRead(changed, stale, fields) {
    const began = performance.now()
    await write(changed, fields)
    await read(stale, fields)
    return performance.now() - began
  },

  async signOut(stored, limitMs, fields) {
    const began = performance.now()
    await write(SESSION, fields, 'DELETE')
    while (performance.now() - began < limitMs) {
      const isServed = await read(stored, fields).then(
        () => true,
        () => false,
      )
      if (!isServed) return performance.now() - began
    }
    return undefined
  },
}
