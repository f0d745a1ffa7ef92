import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

/** Gives one frame of Zstandard (RFC 8878), or one stream of brotli, that is decoded with the same dictionary, taken as raw bytes. */
export type CompressWithDictionary = (body: Uint8Array, dictionary: Uint8Array) => Promise<Uint8Array>

/** So that a change of 1 % in a list of 10,000 rows is within 0.2 % of its JSON; a megabyte takes about 20 ms. */
const LEVEL = 10

/** What a brotli of quality 5 makes of it is shorter still, by a tenth. Dictionaries are not used below 5. */
const BROTLI_QUALITY = 5

/**
 * Zstandard of this Node, or of the library `@toondepauw/node-zstd` where the app has it installed; undefined: there is
 * neither.
 */
export async function findZstd(): Promise<CompressWithDictionary | undefined> {
  for (const found of [ofNode(zlib), await ofLibrary()]) {
    if (found !== undefined && (await usesDictionary(found))) return found
  }
  return undefined
}

/** Brotli of this Node, which has dictionaries in 24.21 and 26; undefined: it has none, as 20 and 22. */
export async function findBrotli(): Promise<CompressWithDictionary | undefined> {
  const compress: CompressWithDictionary = (body, dictionary) =>
    promisify<Uint8Array, object, Uint8Array>(zlib.brotliCompress)(body, {
      dictionary,
      params: {
        [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        // Clients take windows of up to 16 MB. RFC 9842 §4
        [zlib.constants.BROTLI_PARAM_LGWIN]: Math.min(24, windowLog(body.byteLength)),
        [zlib.constants.BROTLI_PARAM_SIZE_HINT]: body.byteLength,
      },
    })
  return (await usesDictionary(compress)) ? compress : undefined
}

type Zstd = (body: Uint8Array, options: object, done: (error: Error | null, bytes: Uint8Array) => void) => void

const isZstd = (value: unknown): value is Zstd => typeof value === 'function'

/** Node from 22.15 on has Zstandard; from 22.19 and 24.6 on with dictionaries. */
function ofNode(of: object): CompressWithDictionary | undefined {
  const zstd: unknown = Reflect.get(of, 'zstdCompress')
  if (!isZstd(zstd)) return undefined
  const compress = promisify(zstd)
  return (body, dictionary) =>
    compress(body, {
      dictionary,
      pledgedSrcSize: body.byteLength,
      params: { [COMPRESSION_LEVEL]: LEVEL, [WINDOW_LOG]: windowLog(body.byteLength + dictionary.byteLength) },
    })
}

const COMPRESSION_LEVEL = 100
const WINDOW_LOG = 101

/** A window that reaches from the end of the body back to the begin of the dictionary. Unit: powers of two. */
const windowLog = (length: number): number => Math.min(27, Math.max(10, Math.ceil(Math.log2(length))))

async function ofLibrary(): Promise<CompressWithDictionary | undefined> {
  try {
    const { Encoder } = await import('@toondepauw/node-zstd')
    return (body, dictionary) => new Encoder(LEVEL, Buffer.from(dictionary)).encode(Buffer.from(body))
  } catch {
    // It is not installed, or has no binary for this machine.
    return undefined
  }
}

/** A Node that does not know the option ignores it. */
async function usesDictionary(compress: CompressWithDictionary): Promise<boolean> {
  const random = Uint8Array.from({ length: 1000 }, (_, at) => (at * at * 2_654_435_761) >>> 24)
  try {
    return (await compress(random, random)).byteLength < 100
  } catch {
    return false
  }
}
