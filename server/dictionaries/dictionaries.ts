import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { parseCacheControl } from '../../sw/core/cache-control.ts'
import { type Asked, askedBy } from './asked.ts'
import { type CompressWithDictionary, findBrotli, findZstd } from './compressors.ts'
import { coded, patternOf, usedAsDictionary, varied } from './fields.ts'
import { KeptBytes } from './kept-bytes.ts'
import { wholeBody } from './whole-body.ts'

export interface DictionaryOptions {
  /**
   * Whose answers these are: a name that differs by user, tenant and rights. An answer is coded only by what the same name
   * was answered before. `'everyone'`: the answers are the same for all. Undefined: not this answer.
   * @example (request) => sessionOf(request)?.userId
   */
  readonly principalOf: 'everyone' | ((request: Request) => string | undefined | Promise<string | undefined>)
  /**
   * For which URLs an answer is a dictionary: a URL pattern without groups, whose path is the one that the browser sees.
   * Default: for those of the same path and query, and for any query where the answer's URL has none.
   * @example () => '/api/products?*'
   */
  readonly match?: (url: URL) => string
  /** How much of former answers is kept in memory. Unit: bytes. Default: 64 million. */
  readonly budget?: number
  /** Longer answers pass as they are. Unit: bytes. Default: 16 million. */
  readonly most?: number
  /** Shorter answers pass as they are. Unit: bytes. Default: 1000. */
  readonly least?: number
  /** How long a browser keeps a dictionary. Unit: days. Default: 7. */
  readonly days?: number
  /** What compresses by Zstandard (`dcz`). Default: this Node's own zlib, or `@toondepauw/node-zstd` where it is installed. */
  readonly compress?: CompressWithDictionary
  /**
   * What compresses by brotli (`dcb`), for clients that do not take the other, or where there is no Zstandard. Default: this
   * Node's own zlib, where it has this: 24.21 and 26 do.
   */
  readonly compressBrotli?: CompressWithDictionary
}

/**
 * Compresses the answers to `GET`: by the client's own previous answer where the layer asks for a rule with `dictionary`,
 * else by brotli or gzip. What is sent is never longer than the ordinary answer.
 *
 * An answer passes as it is if it says `no-store` or `no-transform`, has a coding already, or is no text. So `no-transform`
 * is how a backend leaves out an answer with secrets beside text that an attacker may choose.
 *
 * @returns what to answer in place of a response: call it last, after what adds validators.
 * @see RFC 9842
 */
export function dictionaries(options: DictionaryOptions): (request: Request, response: Response) => Promise<Response> {
  const { principalOf, match = patternOf, budget = 64e6, most = 16e6, least = 1000, days = 7 } = options
  const former = new KeptBytes(budget)
  // What was compressed is asked for again by other clients with the same former answer.
  const made = new KeptBytes(budget / 4)
  let compressors: Promise<Compressors> | undefined
  let hasFailed = false

  return async (request, response) => {
    if (request.method !== 'GET') return response
    if (response.status === 304) return new Response(null, { status: 304, headers: varied(response.headers) })
    if (!isCompressible(response)) return response
    const body = await wholeBody(response, most)
    if (body.kind === 'long') return body.response
    const { bytes } = body
    const headers = varied(response.headers)
    const asked = askedBy(request)
    const hash = createHash('sha256').update(bytes).digest('base64')
    const ordinary = bytes.byteLength < least ? asIs(bytes) : await ordinarily(asked, bytes, hash)
    const delta = bytes.byteLength < least || !asked.isMarked ? undefined : await byDictionary(request, bytes, hash)
    const { coding, content } =
      delta?.content && delta.content.content.byteLength < ordinary.content.byteLength ? delta.content : ordinary
    coded(headers, coding, content.byteLength)
    if (delta !== undefined) usedAsDictionary(headers, delta.pattern, days * 86_400)
    const { status, statusText } = response
    return new Response(content, { status, statusText, headers })
  }

  async function ordinarily({ codings }: Asked, bytes: Uint8Array<ArrayBuffer>, hash: string): Promise<Coded> {
    const coding = codings.has('br') ? 'br' : codings.has('gzip') ? 'gzip' : 'identity'
    if (coding === 'identity') return asIs(bytes)
    const compress = coding === 'br' ? brotli : (of: Uint8Array<ArrayBuffer>) => promisify(gzip)(of)
    const content = await made.once(`${coding} ${hash}`, () => compress(bytes))
    return content.byteLength < bytes.byteLength ? { coding, content } : asIs(bytes)
  }

  /** The answer as a dictionary for later ones, and coded by a former one; undefined: it may not be one. */
  async function byDictionary(
    request: Request,
    bytes: Uint8Array<ArrayBuffer>,
    hash: string,
  ): Promise<{ readonly pattern: string; readonly content: Coded | undefined } | undefined> {
    const principal = principalOf === 'everyone' ? '' : await principalOf(request)
    const { dcz, dcb } = await (compressors ??= compressorsOf(options))
    const pattern = match(new URL(request.url))
    if (principal === undefined || (dcz ?? dcb) === undefined || pattern.length > MOST_PATTERN) return undefined
    former.put(`${hash} ${principal}`, bytes)
    const { codings, available } = askedBy(request)
    const dictionary = available && former.get(`${available} ${principal}`)
    if (!dictionary || !available) return { pattern, content: undefined }
    const byZstd = codings.has('dcz') && isWithinWindow(bytes, dictionary) ? dcz : undefined
    const compress = byZstd ?? (codings.has('dcb') ? dcb : undefined)
    if (compress === undefined) return { pattern, content: undefined }
    const coding = byZstd ? 'dcz' : 'dcb'
    try {
      const content = await made.once(`${coding} ${available} ${hash}`, async () =>
        Buffer.concat([MAGIC[coding], Buffer.from(available, 'base64'), await compress(bytes, dictionary)]),
      )
      return { pattern, content: { coding, content } }
    } catch (error) {
      // One line, however many answers.
      if (!hasFailed) warn(`an answer could not be compressed by a dictionary, and is sent as ever: ${String(error)}`)
      hasFailed = true
      return { pattern, content: undefined }
    }
  }
}

interface Coded {
  readonly coding: 'dcz' | 'dcb' | 'br' | 'gzip' | 'identity'
  readonly content: Uint8Array<ArrayBuffer>
}

const asIs = (content: Uint8Array<ArrayBuffer>): Coded => ({ coding: 'identity', content })

/** What stands before the digest of the dictionary; in `dcz` a frame that decoders of Zstandard skip. RFC 9842 §4, §5 */
const MAGIC = {
  dcb: Buffer.from([0xff, 0x44, 0x43, 0x42]),
  dcz: Buffer.from([0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0]),
}

/** A longer field is too much for a pattern that is used rarely. Unit: characters. */
const MOST_PATTERN = 1000

/** Decoders need not give a frame more room than this. RFC 9842 §5 */
const isWithinWindow = (body: Uint8Array, dictionary: Uint8Array): boolean =>
  body.byteLength <= Math.min(128 * 2 ** 20, Math.max(8 * 2 ** 20, 1.25 * dictionary.byteLength))

/** Whether a content coding may be put on an answer, and pays. */
function isCompressible({ status, headers }: Response): boolean {
  const control = headers.get('cache-control') ?? undefined
  return (
    status === 200 &&
    !headers.has('content-encoding') &&
    !parseCacheControl(control).noStore &&
    !/(^|[\s,])no-transform($|[\s,])/i.test(control ?? '') &&
    /^(text\/(?!event-stream)|application\/([\w.-]+\+)?(json|xml)\b)/i.test(headers.get('content-type') ?? '')
  )
}

const brotli = (bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> =>
  promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.byteLength },
  })

interface Compressors {
  readonly dcz: CompressWithDictionary | undefined
  readonly dcb: CompressWithDictionary | undefined
}

async function compressorsOf({ compress, compressBrotli }: DictionaryOptions): Promise<Compressors> {
  const [dcz, dcb] = [compress ?? (await findZstd()), compressBrotli ?? (await findBrotli())]
  if (dcz === undefined && dcb === undefined)
    warn(
      `Node ${process.versions.node} has no compression with dictionaries, so answers are compressed by brotli alone: npm install @toondepauw/node-zstd, or use Node 22.19, 24.6 or later`,
    )
  return { dcz, dcb }
}

const warn = (message: string): void => process.emitWarning(message, { type: 'FreshlayerDictionaries' })
