import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A file that is older is removed when one is made. Unit: milliseconds. */
const KEPT_MS = 86_400_000

/**
 * A file of a folder that keeps what takes long to make; it is made where it is not there. Several processes may make the same at a
 * time, and none of them reads a file that is half written.
 *
 * @param name stands for all that it is made of, such as a hash of that: a file is never made again.
 */
export async function keptFile(
  folder: string,
  name: string,
  make: () => Promise<string | Uint8Array>,
): Promise<Buffer<ArrayBuffer>> {
  const file = join(folder, name)
  const kept = await readFile(file).catch(() => undefined)
  if (kept !== undefined) return kept
  const made = Buffer.from(await make())
  await mkdir(folder, { recursive: true })
  const next = `${file}.${randomUUID()}`
  await writeFile(next, made)
  await rename(next, file)
  await removeOld(folder)
  return made
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > KEPT_MS) await rm(path, { force: true })
  }
}
