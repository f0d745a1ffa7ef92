import { createHash } from 'node:crypto'
import { type Readable, Writable, pipeline } from 'node:stream'
import type { RecordedBody } from '../recording/exchange.ts'
import { decoders } from './decoding.ts'

/** Text longer than this is not kept. Unit: bytes. */
const TEXT_LIMIT = 256 * 1024

const TEXT = /^(?:text\/|application\/(?:[\w.+-]*\+)?(?:json|xml|x-www-form-urlencoded|graphql|javascript|problem))/i

/**
 * Reads along with a body that goes somewhere else: its decoded length and digest, and its text where it is short text.
 * Holds no more than that, however long the body is.
 *
 * @param source the body as it comes over the wire. It has another reader, which has been or will be piped to at once.
 * @param done called once if the body ends, with what it was; never for a body that breaks off.
 * @param onBytes called with the length of each part that has come over the wire.
 */
export function digestBody(
  source: Readable,
  { type = '', coding }: { readonly type?: string | undefined; readonly coding?: string | undefined },
  done: (body: RecordedBody | undefined) => void,
  onBytes: (bytes: number) => void = () => undefined,
): void {
  source.on('data', (chunk: Buffer) => onBytes(chunk.length))
  const steps = decoders(coding)
  if (steps === undefined) return void source.once('end', () => done(undefined))
  const digest = createHash('sha256')
  let bytes = 0
  let parts: Buffer[] | undefined = TEXT.test(type) ? [] : undefined
  const sink = new Writable({
    write(chunk: Buffer, _, next) {
      digest.update(chunk)
      bytes += chunk.length
      if (bytes > TEXT_LIMIT) parts = undefined
      parts?.push(chunk)
      next()
    },
  })
  const finish = (): void =>
    done({ bytes, digest: digest.digest('base64url'), text: parts && Buffer.concat(parts).toString('utf8') })
  if (steps.length === 0) {
    source.pipe(sink)
    sink.on('finish', finish)
    return
  }
  const [first, ...others] = steps
  if (first === undefined) return
  // The source is not destroyed where what reads along fails.
  source.pipe(first)
  source.once('close', () => first.destroyed || source.readableEnded || first.destroy())
  pipeline([first, ...others, sink], (error) => (error ? source.readableEnded && done(undefined) : finish()))
}
