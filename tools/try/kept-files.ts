import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

/** Of all files together. Unit: bytes. */
const LIMIT = 128 * 1024 * 1024

interface File {
  readonly fields: OutgoingHttpHeaders
  readonly bytes: Buffer
}

/**
 * The app's scripts, styles, icons and fonts, for the time in which the origin is away. In a built app the worker keeps them;
 * of an app that runs the list of them is not known before they are asked for. Held in memory, the oldest go first.
 */
export class KeptFiles {
  readonly #files = new Map<string, File>()
  readonly #limit: number
  #bytes = 0

  constructor(limit = LIMIT) {
    this.#limit = limit
  }

  /** Whether the answer to a request may be one of the app's files. */
  covers({ method, url = '', headers }: IncomingMessage): boolean {
    if (method !== 'GET' || headers.range !== undefined) return false
    const destination = headers['sec-fetch-dest']
    // Images may be those of a user: only the kinds that are a part of apps.
    return (
      (typeof destination === 'string' && /^(?:script|style|font|worker|manifest)$/.test(destination)) ||
      /\.(?:m?js|css|svg|ico|woff2?|webmanifest)(?:\?|$)/.test(url)
    )
  }

  get(url: string): File | undefined {
    return this.#files.get(url)
  }

  /** Reads along with an answer, and keeps it when it is whole. */
  keep(
    url: string,
    { source, status, fields }: { source: Readable; status: number; fields: OutgoingHttpHeaders },
  ): void {
    if (status !== 200 || /no-store|private/i.test(String(fields['cache-control'] ?? ''))) return
    if (fields['set-cookie'] !== undefined) return
    const parts: Buffer[] = []
    let length = 0
    source.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > this.#limit / 4) parts.length = 0
      else parts.push(chunk)
    })
    source.once('end', () => length <= this.#limit / 4 && this.#put(url, { fields, bytes: Buffer.concat(parts) }))
  }

  #put(url: string, file: File): void {
    this.#drop(url)
    this.#files.set(url, file)
    this.#bytes += file.bytes.length
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= this.#limit) break
      this.#drop(oldest)
    }
  }

  #drop(url: string): void {
    this.#bytes -= this.#files.get(url)?.bytes.length ?? 0
    this.#files.delete(url)
  }
}
