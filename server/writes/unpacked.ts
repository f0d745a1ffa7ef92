import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SyncProblem } from '../sync/answers.ts'
import { bytesOf } from '../sync/body.ts'

/** How long a body may be. */
export interface BodyLimits {
  /** As it is sent. Unit: bytes. */
  readonly mostBytes: number
  /** When it is unpacked. Unit: bytes. */
  readonly mostUnpackedBytes: number
}

/** What an answer says of the codings that requests may have. @see RFC 9110 §12.5.3 */
export const CODINGS = { 'accept-encoding': 'gzip' }

/**
 * The bytes of a body, which may be packed by gzip. It is unpacked no further than is taken: a small body that becomes a huge one costs
 * no more than the limit.
 *
 * @throws SyncProblem 413 for a body that is too long, 415 for another coding, 400 for what is no gzip.
 */
export async function unpackedBytes(request: Request, limits: BodyLimits): Promise<Uint8Array<ArrayBuffer>> {
  const coding = (request.headers.get('content-encoding') ?? '').trim().toLowerCase()
  if (coding !== '' && coding !== 'identity' && coding !== 'gzip' && coding !== 'x-gzip')
    throw new SyncProblem(415, 'A body may be packed by gzip, and by nothing else.', {}, CODINGS)
  const packed = await bytesOf(request.body, limits.mostBytes)
  if (!coding.endsWith('gzip')) return packed
  const gunzip = createGunzip()
  // What fails is thrown by the reading below. Without a listener here it would end the process if that has stopped before.
  gunzip.on('error', () => undefined)
  try {
    return await bytesOf(Readable.from([packed]).pipe(gunzip), limits.mostUnpackedBytes)
  } catch (error) {
    throw error instanceof SyncProblem ? error : new SyncProblem(400, 'The body is no gzip.')
  } finally {
    gunzip.destroy()
  }
}
