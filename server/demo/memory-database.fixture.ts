import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { type Database, openDatabase } from './database.ts'

const CACHE = resolve('.cache/pglite')

/** An empty database in memory. */
export const openMemoryDatabase = async (): Promise<Database> =>
  openDatabase({ kind: 'memory', initial: await emptyDataFolder() })

/**
 * The files of an empty database. PGlite takes seconds to make them, so they are made once for each set of installed packages,
 * and each test begins with a copy.
 */
export async function emptyDataFolder(): Promise<Blob> {
  const lock = await readFile('package-lock.json')
  const file = join(CACHE, `${createHash('sha256').update(lock).digest('hex').slice(0, 16)}.tar`)
  const kept = await readFile(file).catch(() => undefined)
  if (kept !== undefined) return new Blob([kept])
  const database = await PGlite.create()
  const files = await database.dumpDataDir('none')
  await database.close()
  await mkdir(CACHE, { recursive: true })
  // Another test may make the same meanwhile, and none reads a file that is half written.
  const next = `${file}.${randomUUID()}`
  await writeFile(next, Buffer.from(await files.arrayBuffer()))
  await rename(next, file)
  // Those of other versions are of no use any more.
  for (const name of await readdir(CACHE))
    if (name.endsWith('.tar') && join(CACHE, name) !== file) await rm(join(CACHE, name), { force: true })
  return files
}
