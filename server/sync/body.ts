import { SyncProblem } from './answers.ts'

/**
 * The bytes of a body.
 *
 * @throws SyncProblem 413 as soon as more has come than is taken.
 */
export async function bytesOf(
  body: AsyncIterable<Uint8Array> | null,
  mostBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > mostBytes)
      throw new SyncProblem(413, `A request may have ${mostBytes / 1024} kB at most.`, { mostBytes })
    chunks.push(chunk)
  }
  const all = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.byteLength
  }
  return all
}
