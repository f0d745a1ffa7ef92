import { access } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import type { Pool } from 'pg'
import { createApp } from './app.ts'
import { type Feed, openFeed } from './feed.ts'
import { type Database, type DatabaseLocation, openDatabase, withoutPassword } from './database.ts'
import { prepareDatabase } from './prepare-database.ts'
import { errorCode, errorLine, StartError } from './start-error.ts'

export interface StartOptions {
  /** 0 takes any free port. Default 4173. */
  readonly port?: number
  /** The address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string
  /** Default: in memory, gone at the end. */
  readonly database?: DatabaseLocation
  /** The built app. Without it there is only the API. */
  readonly staticFolder?: string
}

export interface RunningServer {
  readonly url: string
  readonly port: number
  /**
   * The same pool the routes use. With PGlite it has one client: a query inside an open transaction of another waits.
   */
  readonly pool: Pool
  /** Ends open connections and closes the database. Safe to call twice. */
  close(): Promise<void>
}

/**
 * Opens the database, creates and seeds it where it is empty, and serves the demo.
 *
 * @throws StartError when the port is taken, the build is missing, or the database cannot be opened or prepared. Nothing
 *   is left open.
 */
export async function startServer(options: StartOptions = {}): Promise<RunningServer> {
  const { port = 4173, host = '127.0.0.1', database: location = { kind: 'memory' }, staticFolder } = options
  if (staticFolder !== undefined) await requireBuild(staticFolder)
  // The first opening of a database takes seconds, so a port in use is reported before it.
  const reserved = await listen(createServer(), host, port)
  await closeServer(reserved)

  const database = await openDatabase(location)
  try {
    await prepareDatabase(database, new Date())
    const feed = openFeed(database)
    const app = await createApp(database, { staticFolder, feed })
    const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false })
    const server = await listen(
      createServer((incoming, outgoing) => void handle(incoming, outgoing)),
      host,
      port,
    )
    let closing: Promise<void> | undefined
    const chosen = portOf(server, port)
    return {
      url: `http://${urlHost(host)}:${chosen}`,
      port: chosen,
      pool: database.pool,
      close: () => (closing ??= end(server, feed, database)),
    }
  } catch (error) {
    await database.close()
    throw preparationError(error, location)
  }
}

/** Listeners first: their connections would stay open. */
async function end(server: Server, feed: Feed, database: Database): Promise<void> {
  await feed.close()
  await closeServer(server)
  await database.close()
}

/** What a PostgreSQL server refuses is for its owner to put right. In the embedded database it would be a defect. */
function preparationError(error: unknown, location: DatabaseLocation): unknown {
  if (location.kind !== 'server' || !/^[0-9A-Z]{5}$/.test(errorCode(error) ?? '')) return error
  return new StartError(
    `Cannot prepare the database at ${withoutPassword(location.url)} (${errorLine(error)}). Name a database in ` +
      `DATABASE_URL whose owner is the role in it, or unset DATABASE_URL to use the embedded database.`,
    { cause: error },
  )
}

function listen(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(error, host, port)))
    server.listen(port, host, () => resolve(server))
  })
}

function listenError(error: Error, host: string, port: number): StartError {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is already in use. Stop what uses it, or choose another one with PORT.`,
    EACCES: `This user may not listen on port ${port}. Choose one above 1023 with PORT.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Correct HOST.`,
    ENOTFOUND: `This machine has no address ${host}. Correct HOST.`,
  }
  const line = reasons[errorCode(error) ?? ''] ?? `Cannot listen on ${host}:${port} (${errorLine(error)}).`
  return new StartError(line, { cause: error })
}

/** How long a running request may still take when the server stops. */
const DRAIN_MS = 2000

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cutOff = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
    server.close(() => {
      clearTimeout(cutOff)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function requireBuild(folder: string): Promise<void> {
  try {
    await access(join(folder, 'index.html'))
  } catch (error) {
    throw new StartError(
      `There is no built demo in ${folder}. Run "npx vite build" first, or "npm start", which builds it.`,
      {
        cause: error,
      },
    )
  }
}

function portOf(server: Server, asked: number): number {
  const address: AddressInfo | string | null = server.address()
  return typeof address === 'object' && address !== null ? address.port : asked
}

/** The name to open in a browser on this machine. */
function urlHost(host: string): string {
  if (['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost'].includes(host)) return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
