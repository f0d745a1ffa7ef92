import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { requirePostgres } from '../../tools/upkeep/find-postgres.ts'
import { freePort } from './free-port.ts'

/** A PostgreSQL server of the tests' own, in a temporary folder. */
export interface Postgres {
  readonly url: string
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  /** Ends it as an operator does: it takes no connections, and ends those that it has. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Ends it and deletes its folder. */
  remove(): Promise<void>
}

export async function startPostgres(): Promise<Postgres> {
  const programs = requirePostgres()
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-postgres-'))
  // PostgreSQL refuses to run as root.
  const user = process.getuid?.() === 0 ? idsOf('postgres') : undefined
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const port = await freePort()
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--no-sync'], {
    stdio: 'pipe',
    ...user,
  })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let server: ChildProcess | undefined
  const ended = (signal: NodeJS.Signals): Promise<void> =>
    new Promise((resolve) => {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return resolve()
      server.once('exit', () => resolve())
      server.kill(signal)
    })
  const start = async (): Promise<void> => {
    const options = ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1']
    server = spawn(join(programs, 'postgres'), [...options, '-c', 'max_connections=60'], { stdio: 'ignore', ...user })
    await answers(url)
  }
  await start()
  return {
    url,
    kill: () => ended('SIGQUIT'),
    stop: () => ended('SIGINT'),
    start,
    remove: async () => {
      await ended('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function idsOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Waits until the server answers a query: it refuses connections while it recovers. */
async function answers(url: string): Promise<void> {
  for (;;) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      await client.query('select 1')
      await client.end()
      return
    } catch {
      await client.end().catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
