import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { errorCode, errorLine, StartError } from './start-error.ts'

/** A data folder that this process alone may use until it is released. */
export interface DataFolder {
  /** Where PGlite keeps its files. */
  readonly databasePath: string
  /** Tells later starts that the database is whole. Until then a start throws its files away and begins again. */
  markComplete(): Promise<void>
  release(): Promise<void>
}

/** Folders this process holds: its own id in a lock file proves nothing, as a container gives every start the same. */
const heldHere = new Set<string>()

/**
 * Claims a folder for PGlite, which has no lock of its own and would let two processes spoil each other's files.
 * A lock left by a process that is gone is taken over.
 *
 * @throws StartError when the folder cannot be written or another process uses it.
 */
export async function claimDataFolder(path: string): Promise<DataFolder> {
  const lockPath = join(path, 'lock')
  const completePath = join(path, 'complete')
  const databasePath = join(path, 'pglite')
  try {
    await makeFolder(resolve(path))
    await takeLock(path, lockPath)
    heldHere.add(lockPath)
    // A first start that was killed half way leaves files that PostgreSQL would refuse, and nothing worth keeping.
    if (!(await exists(completePath))) await rm(databasePath, { recursive: true, force: true })
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(
      `Cannot write to the data folder ${path} (${errorLine(error)}). Make it writable or name another one in FRESHLAYER_DATA.`,
      { cause: error },
    )
  }
  return {
    databasePath,
    markComplete: () => writeFile(completePath, ''),
    release: async () => {
      heldHere.delete(lockPath)
      await rm(lockPath, { force: true })
    },
  }
}

/**
 * Makes a folder and those above it. `mkdir` with `recursive` tries without end where the system answers ENOENT in a
 * folder that exists, as `/proc` does.
 */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    if (errorCode(error) === 'EEXIST' || dirname(path) === path) return
    if (errorCode(error) !== 'ENOENT') throw error
    await makeFolder(dirname(path))
    await mkdir(path)
  }
}

async function takeLock(path: string, lockPath: string): Promise<void> {
  for (;;) {
    try {
      await writeFile(lockPath, `${process.pid}\n`, { flag: 'wx' })
      return
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(lockPath, 'utf8').catch(() => ''))
    const isHeld = holder === process.pid ? heldHere.has(lockPath) : isRunning(holder)
    if (isHeld) {
      throw new StartError(
        `The data folder ${path} is in use by process ${holder}. Stop it, or name another folder in FRESHLAYER_DATA ` +
          `(if that process is not this demo, delete ${lockPath}).`,
      )
    }
    await rm(lockPath, { force: true })
  }
}

function isRunning(processId: number): boolean {
  if (!Number.isSafeInteger(processId) || processId <= 0) return false
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    // EPERM: it runs, under another user.
    return errorCode(error) === 'EPERM'
  }
}

async function exists(path: string): Promise<boolean> {
  return readFile(path).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false
      throw error
    },
  )
}
