import { Transform, type TransformCallback } from 'node:stream'
import { headStart, scriptTag } from '../build/script-tag.ts'

/** A document whose head does not begin within so many bytes gets the tag where its head would be. Unit: bytes. */
const SEARCHED = 64 * 1024

/**
 * Puts the script's tag at the beginning of a document's head, and passes every other byte on as it comes: a document that
 * its server sends in parts stays one that comes in parts.
 */
export class Tagging extends Transform {
  readonly #tag: Buffer
  /** What has come, until it is known where the head begins. */
  #held: Buffer | undefined = Buffer.alloc(0)

  /**
   * @param src the address of the script.
   * @param nonce what the document's content policy wants the tag to carry. Default: nothing.
   */
  constructor(src: string, nonce?: string) {
    super()
    this.#tag = Buffer.from(scriptTag(src, nonce))
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    if (this.#held === undefined) return done(null, chunk)
    this.#held = Buffer.concat([this.#held, chunk])
    const { at, isSure } = place(this.#held)
    if (isSure || this.#held.length > SEARCHED) this.#release(at)
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#held !== undefined) this.#release(place(this.#held).at)
    done()
  }

  #release(at: number): void {
    const held = this.#held ?? Buffer.alloc(0)
    this.#held = undefined
    this.push(Buffer.concat([held.subarray(0, at), this.#tag, held.subarray(at)]))
  }
}

/** Read as one byte a character, positions in the text are those in the bytes: what is looked for is ASCII in each charset. */
function place(bytes: Buffer): { readonly at: number; readonly isSure: boolean } {
  const mark = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0
  // A mark that has come in part is no text of the document.
  if (mark === 0 && bytes.length < 3 && BYTE_ORDER_MARK.subarray(0, bytes.length).equals(bytes))
    return { at: 0, isSure: false }
  const { at, isSure } = headStart(bytes.subarray(mark).toString('latin1'))
  return { at: at + mark, isSure }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])
