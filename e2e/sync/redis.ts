import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { requireRedis } from '../../tools/upkeep/find-redis.ts'
import { freePort } from './free-port.ts'

/** A Redis server of the tests' own. It keeps nothing on disk: started again it is empty. */
export interface Redis {
  readonly url: string
  command(...words: string[]): Promise<unknown>
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends it and deletes its folder. */
  remove(): Promise<void>
}

export async function startRedis(): Promise<Redis> {
  const program = requireRedis()
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-redis-'))
  const port = await freePort()
  const url = `redis://127.0.0.1:${port}`
  let server: ChildProcess | undefined
  const kill = (): Promise<void> =>
    new Promise((resolve) => {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return resolve()
      server.once('exit', () => resolve())
      server.kill('SIGKILL')
    })
  const start = async (): Promise<void> => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
    server = spawn(program, options, { stdio: 'ignore' })
    await command('PING')
  }
  const command = async (...words: string[]): Promise<unknown> => {
    // The client connects again and again until the server is there.
    const client = createClient({ url, socket: { reconnectStrategy: 20 } })
    client.on('error', () => undefined)
    await client.connect()
    try {
      return await client.sendCommand(words)
    } finally {
      client.destroy()
    }
  }
  await start()
  return {
    url,
    command,
    kill,
    start,
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
