import { createReadStream, existsSync, statSync } from 'node:fs'
import { Tokenizer, TokenParser } from '@streamparser/json'
import type { Exchange, Recording } from './exchange.ts'
import { LIMITS, readEntry } from './har-entry.ts'

/** A HAR as it is read: bytes, however they are cut. */
export type Chunks = AsyncIterable<Uint8Array>

/**
 * Reads a HAR of DevTools, entry by entry: a gigabyte takes no more memory than its longest entry and what is kept of it.
 *
 * @throws where it is not there, or no HAR: in one line, with the position.
 */
export async function readHar(file: string): Promise<Recording> {
  if (!existsSync(file)) throw new Error(`${file} is not there: name a HAR file, as DevTools export it`)
  if (!statSync(file).isFile()) throw new Error(`${file} is no file: name a HAR file, as DevTools export it`)
  return harOf(createReadStream(file, { highWaterMark: 1 << 20 }), file)
}

/**
 * The recording in the bytes of a HAR.
 *
 * @param name what errors call it.
 * @throws where it is no HAR: in one line, with the position.
 */
export async function harOf(chunks: Chunks, name: string): Promise<Recording> {
  const reader = new HarReader(name)
  for await (const chunk of chunks) reader.write(chunk)
  return reader.end()
}

/** Strings are long, and are put together from pieces of this size. Unit: bytes. */
const PIECE = 64 * 1024

/** When so much text is kept, later answers to reads are kept in short. Unit: characters. */
const MAX_TEXT = 64_000_000

class HarReader {
  readonly #name: string
  readonly #exchanges: Exchange[] = []
  readonly #tokenizer = new Tokenizer({ stringBufferSize: PIECE })
  readonly #parser = new TokenParser({
    paths: ['$.log.entries.*', '$.log.creator.name', '$.log.entries'],
    keepStack: false,
  })
  #creator = ''
  #hasEntries = false
  #entries = 0
  #isRedacted = false
  #textChars = 0
  /** The bytes before the chunk that is being read, and the lines in them. */
  #bytes = 0
  #lines = 0
  /** Where the last token stands. */
  #offset = 0
  #failure: Error | undefined
  #chunk: Uint8Array = new Uint8Array()

  constructor(name: string) {
    this.#name = name
    this.#tokenizer.onToken = (token) => {
      this.#offset = token.offset
      this.#parser.write(token)
    }
    this.#tokenizer.onError = (error) => this.#fail(this.#notJson(error))
    this.#parser.onError = (error) => this.#fail(this.#notJson(error))
    this.#parser.onEnd = () => {}
    this.#parser.onValue = ({ value, key, parent, stack }) => {
      if (stack.length === 2 && key === 'entries') this.#hasEntries ||= Array.isArray(value)
      else if (stack.length === 3 && stack[2]?.key === 'creator') this.#creator = typeof value === 'string' ? value : ''
      else if (Array.isArray(parent)) {
        this.#entry(value)
        // The parser keeps the list, as its end is asked for: so it would keep every entry.
        parent.length = 0
      }
    }
  }

  write(chunk: Uint8Array): void {
    this.#chunk = chunk
    if (this.#bytes === 0 && chunk[0] === 0x1f && chunk[1] === 0x8b)
      throw new Error(`${this.#name} is compressed: unpack it first`)
    this.#tokenizer.write(chunk)
    if (this.#failure !== undefined) throw this.#failure
    this.#bytes += chunk.byteLength
    this.#lines += newlinesIn(chunk, chunk.byteLength)
  }

  end(): Recording {
    if (this.#bytes === 0) throw new Error(`${this.#name} is empty: name a HAR file, as DevTools export it`)
    if (!this.#parser.isEnded) {
      const where = this.#entries === 0 ? 'before its first entry' : `after entry ${this.#entries}`
      throw new Error(
        `${this.#name} is cut off ${where}: it ends at byte ${this.#bytes} (line ${this.#lines + 1}) in the middle of its JSON`,
      )
    }
    if (!this.#hasEntries)
      throw new Error(`${this.#name} is JSON but no HAR: it has no list log.entries (a HAR begins with {"log": …})`)
    const [first] = this.#exchanges
    if (first === undefined)
      throw new Error(`${this.#name} has no request in its ${this.#entries} entries: record a tour of the app first`)
    const lacksCredentials = this.#lacksCredentials()
    return {
      origin: originOf(this.#exchanges) ?? new URL(first.url).origin,
      exchanges: this.#exchanges.toSorted((one, other) => one.startedAt - other.startedAt),
      ...(lacksCredentials !== undefined && { lacksCredentials }),
    }
  }

  #entry(value: unknown): void {
    this.#entries++
    const read = readEntry(value, this.#textChars < MAX_TEXT ? LIMITS.json : LIMITS.text)
    if (read.kind === 'wrong') {
      this.#fail(
        new Error(
          `${this.#name}: entry ${this.#entries}, which ends at ${this.#place(this.#offset)}: ${read.field}: ${read.expected}`,
        ),
      )
      return
    }
    if (read.kind === 'none') return
    this.#isRedacted ||= read.isRedacted
    this.#textChars += read.exchange.body?.text?.length ?? 0
    this.#exchanges.push(read.exchange)
  }

  #fail(error: Error): void {
    this.#failure ??= error
  }

  /** The libraries name a character and a state of theirs. */
  #notJson({ message }: Error): Error {
    const [, character, position] = /Unexpected "(.+)" at position "(\d+)"/s.exec(message) ?? []
    // The position is one in the piece that is being read.
    const at = position === undefined ? this.#offset : this.#bytes + Number(position)
    const what = character === undefined ? 'something unexpected' : `an unexpected ${JSON.stringify(character)}`
    const entry = this.#entries === 0 && !this.#hasEntries ? '' : `, after entry ${this.#entries}`
    return new Error(`${this.#name} is no JSON: ${what} at ${this.#place(at)}${entry}`)
  }

  #place(offset: number): string {
    const line = this.#lines + newlinesIn(this.#chunk, Math.max(0, offset - this.#bytes)) + 1
    return `byte ${offset} (line ${line})`
  }

  /** Chromium leaves out credentials by default, and does not say so. */
  #lacksCredentials(): Recording['lacksCredentials'] {
    if (this.#isRedacted) return 'surely'
    const hasSome = this.#exchanges.some(
      ({ requestHeaders, responseHeaders }) =>
        requestHeaders['cookie'] !== undefined ||
        requestHeaders['authorization'] !== undefined ||
        responseHeaders['set-cookie'] !== undefined,
    )
    if (hasSome || this.#creator !== 'WebInspector') return undefined
    return this.#exchanges.some(speaksOfUsers) ? 'surely' : 'perhaps'
  }
}

/** Signs of users in an exchange without a credential. */
const speaksOfUsers = ({ method, requestHeaders, responseHeaders, status, url }: Exchange): boolean =>
  (method === 'OPTIONS' && /authorization/i.test(requestHeaders['access-control-request-headers'] ?? '')) ||
  /cookie|authorization/i.test(responseHeaders['vary'] ?? '') ||
  responseHeaders['access-control-allow-credentials'] === 'true' ||
  (method === 'POST' && status < 300 && /(?:log|sign)[-_]?in|\/sessions?$|\/token$/i.test(new URL(url).pathname))

/** The origin of the app's pages: what most requests for data say they come from, else that of the first document. */
function originOf(exchanges: readonly Exchange[]): string | undefined {
  const counts = new Map<string, number>()
  for (const { initiator, requestHeaders } of exchanges) {
    const from = initiator === 'fetch' ? (requestHeaders['referer'] ?? requestHeaders['origin']) : undefined
    if (from === undefined || !URL.canParse(from)) continue
    const { origin } = new URL(from)
    counts.set(origin, (counts.get(origin) ?? 0) + 1)
  }
  const [most] = [...counts].toSorted(([, one], [, other]) => other - one)
  if (most !== undefined) return most[0]
  const document = exchanges.find(({ initiator, status }) => initiator === 'document' && status === 200)
  return document && new URL(document.url).origin
}

const NEWLINE = 10

function newlinesIn(bytes: Uint8Array, end: number): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && at < end; at = bytes.indexOf(NEWLINE, at + 1)) count++
  return count
}
