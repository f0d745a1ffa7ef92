import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Database } from '../demo/database.ts'
import { openMemoryDatabase } from '../demo/memory-database.fixture.ts'
import { migration } from '../sync/migration.ts'
import { changeHub, type ChangeHub } from './change-hub.ts'
import { events, type Events } from './events.ts'
import { acceptWebSockets } from './web-socket.ts'

let database: Database
let hub: ChangeHub
let feed: Events
let stop: () => void
const server = createServer((_, response) => response.end())
const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`

beforeAll(async () => {
  database = await openMemoryDatabase()
  await database.pool.query('create table products (id integer primary key)')
  await database.pool.query(migration([{ entity: 'products', table: 'products' }]))
  hub = changeHub({ pool: database.pool, listen: database.listen, fold: 5 })
  feed = events<string>({
    hub,
    principalOf: (request) => request.headers.get('cookie') ?? undefined,
    mayHear: () => ({ products: {} }),
    limits: { connections: 1 },
  })
  stop = acceptWebSockets(feed, { server, webSockets: new WebSocketServer({ noServer: true }) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  stop()
  await feed.close()
  await hub.close()
  await database.close()
  await new Promise((resolve) => server.close(resolve))
})

const open = (headers: Record<string, string>): WebSocket => new WebSocket(`ws://${host()}/events`, { headers })

test('a WebSocket is told what a stream is told', async () => {
  const socket = open({ cookie: 'ada', origin: `http://${host()}` })
  const told: Record<string, unknown>[] = []
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      told.push(JSON.parse(data.toString()) as Record<string, unknown>)
      if (told.length === 2) void database.pool.query('insert into products values (7)')
      if (told.length === 3) resolve()
    })
  })
  expect(told).toEqual([
    { event: 'hello', retry: expect.any(Number), heartbeat: 15, returns: 1000 },
    { event: 'hint', cursor: expect.any(String), tags: [] },
    { event: 'hint', cursor: expect.any(String), tags: ['products', 'products:7'], transactions: [expect.any(String)] },
  ])
  expect(await refusal(open({ cookie: 'ada' }))).toBe(429)
  socket.close()
  await closed
  await expect.poll(() => feed.connections).toBe(0)
})

test.each([
  ['of another origin, which would listen as the user', { cookie: 'ada', origin: 'https://evil.test' }, 403],
  ['of no user', {}, 401],
])('a WebSocket %s is refused', async (_, headers, status) => {
  expect(await refusal(open(headers))).toBe(status)
  expect(feed.connections).toBe(0)
})

/** The status that a refused upgrade has been answered with. */
const refusal = (socket: WebSocket): Promise<number | undefined> =>
  new Promise((resolve) => {
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
    socket.on('error', () => undefined)
  })
