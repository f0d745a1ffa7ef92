import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { keptFile } from '../../tools/files/kept-file.ts'
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
  const name = `${createHash('sha256').update(lock).digest('hex').slice(0, 16)}.tar`
  return new Blob([await keptFile(CACHE, name, filesOfEmpty)])
}

async function filesOfEmpty(): Promise<Uint8Array> {
  const database = await PGlite.create()
  const files = await database.dumpDataDir('none')
  await database.close()
  return new Uint8Array(await files.arrayBuffer())
}
