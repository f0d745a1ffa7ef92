import { randomBytes } from 'node:crypto'
import { Client, type Pool } from 'pg'
import { createApp } from './app.ts'
import { type DatabaseLocation, openDatabase } from './database.ts'
import { openFeed } from './feed.ts'
import { emptyDataFolder } from './memory-database.fixture.ts'
import { prepareDatabase } from './prepare-database.ts'

/** A seeded shop for one test file, asked without a network. */
export interface Shop {
  readonly pool: Pool
  /** Sends a request. A body is sent as JSON; `as` are the fields that name the user. */
  ask(
    method: string,
    path: string,
    options?: {
      readonly as?: Credentials
      readonly body?: unknown
      readonly fields?: Readonly<Record<string, string>>
    },
  ): Promise<Response>
  /** Signs in by cookie. The passwords are the first names. */
  signIn(name: 'ada' | 'grace'): Promise<Credentials>
  close(): Promise<void>
}

export type Credentials = Readonly<Record<string, string>>

/**
 * Opens a shop in memory or, where FRESHLAYER_TEST_DATABASE_URL names a PostgreSQL server, in a database of its own
 * there, which is dropped at the end.
 */
export async function openShop(): Promise<Shop> {
  const { location, drop } = await emptyDatabase(process.env['FRESHLAYER_TEST_DATABASE_URL'])
  const database = await openDatabase(location)
  await prepareDatabase(database, new Date())
  const feed = openFeed(database)
  const app = await createApp(database, { feed })

  const ask: Shop['ask'] = async (method, path, { as = {}, body, fields = {} } = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    return app.request(path, {
      method,
      headers: { ...json, ...as, ...fields },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }
  return {
    pool: database.pool,
    ask,
    signIn: async (name) => {
      const body = { email: `${name}@corner.example`, password: name, mode: 'cookie' }
      return { cookie: cookiesOf(await ask('POST', '/api/session', { body })) }
    },
    close: async () => {
      await feed.close()
      await database.close()
      await drop()
    },
  }
}

/** The cookies an answer leaves behind, as a browser would send them back. */
export function cookiesOf(response: Response): string {
  const kept = response.headers.getSetCookie().filter((line) => !/max-age=0/i.test(line))
  return kept.map((line) => line.split(';', 1)[0]).join('; ')
}

async function emptyDatabase(
  serverUrl: string | undefined,
): Promise<{ location: DatabaseLocation; drop: () => Promise<void> }> {
  if (serverUrl === undefined)
    return { location: { kind: 'memory', initial: await emptyDataFolder() }, drop: async () => {} }
  const name = `freshlayer_test_${randomBytes(6).toString('hex')}`
  const administer = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: serverUrl })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
  await administer(`create database ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { location: { kind: 'server', url: url.href }, drop: () => administer(`drop database ${name}`) }
}
