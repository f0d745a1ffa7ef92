import { createHash } from 'node:crypto'
import { Decoder } from '@toondepauw/node-zstd'

/** The field by which a browser says which dictionary it has. */
export const availableOf = (dictionary: string | Uint8Array): string =>
  `:${createHash('sha256').update(dictionary).digest('base64')}:`

/**
 * What a browser makes of a body in `dcz`.
 *
 * @throws where its head is not that of this dictionary.
 * @see RFC 9842 §5
 */
export function decodedDcz(body: Uint8Array, dictionary: string | Uint8Array): string {
  const head = Buffer.from('5e2a4d1820000000', 'hex')
  const expected = Buffer.concat([head, createHash('sha256').update(dictionary).digest()])
  if (!expected.equals(body.subarray(0, 40))) throw new Error('the head of dcz is of another dictionary')
  return new Decoder(Buffer.from(dictionary)).decodeSync(Buffer.from(body.subarray(40))).toString()
}
