import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'

/** A document as text, and how it becomes the same bytes again. */
export interface DocumentFile {
  readonly text: string
  readonly encoding: 'utf8' | 'latin1' | 'utf16le'
}

/**
 * Reads a document whatever its charset is. One that is not UTF-8 is read as one byte a character: what is looked for is ASCII
 * in each charset but UTF-16, which begins with a mark.
 *
 * @throws where it is UTF-16 of the order that Node cannot write.
 */
export async function readDocument(path: string): Promise<DocumentFile> {
  const bytes = await readFile(path)
  const as = (encoding: DocumentFile['encoding']): DocumentFile => ({ text: bytes.toString(encoding), encoding })
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return as('utf16le')
  if (bytes[0] === 0xfe && bytes[1] === 0xff) throw new Error(`${path} is UTF-16 (big-endian): save it as UTF-8`)
  return isUtf8(bytes) ? as('utf8') : as('latin1')
}
