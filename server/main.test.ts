import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compiledSources } from '../tools/compiled.fixture.ts'
import { emptyDataFolder } from './demo/memory-database.fixture.ts'

const MAIN = join(compiledSources(), 'server/main.js')

let folder: string
let built: string
const started = new Set<ChildProcess>()
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshlayer-start-'))
  built = join(folder, 'built')
  await mkdir(built)
  await writeFile(join(built, 'index.html'), '<!doctype html>')
})
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})

type Environment = Readonly<Record<string, string>>

function start(environment: Environment): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', FRESHLAYER_STATIC: built, ...environment },
  })
  started.add(child)
  child.once('exit', () => started.delete(child))
  return child
}

async function failedStart(environment: Environment): Promise<{ code: number | null; lines: readonly string[] }> {
  const child = start(environment)
  let output = ''
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, lines: output.trimEnd().split('\n') }
}

/** The line a start that succeeds prints, once it answers. */
async function announcement(child: ChildProcess): Promise<string> {
  let output = ''
  for await (const chunk of child.stdout ?? []) {
    output += String(chunk)
    if (output.includes('\n')) return output.trimEnd()
  }
  throw new Error('The server ended before it was ready.')
}

/** A port that something listens on, for as long as the given work takes. */
async function withTakenPort<Result>(work: (port: number) => Promise<Result>): Promise<Result> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return work(port).finally(() => server.close())
}

/** A PostgreSQL server at a port of its own, in the state that `sql` leaves. */
async function withPostgres<Result>(sql: string, work: (url: string) => Promise<Result>): Promise<Result> {
  const database = await PGlite.create({ loadDataDir: await emptyDataFolder() })
  await database.exec(sql)
  const server = createServer((socket) => {
    // A client begins with its user and its database, which are given here. Then both sides speak the protocol.
    socket.once('data', () => {
      socket.write(Buffer.from('R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I', 'latin1'))
      socket.on('data', (chunk) => void database.execProtocolRaw(chunk).then((answer) => socket.write(answer)))
    })
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    return await work(`postgres://shop:secret@127.0.0.1:${port}/shop`)
  } finally {
    server.close()
    await database.close()
  }
}

describe('a start that cannot succeed says why in one line and exits with 1', () => {
  test.concurrent.each([
    [
      'an unwritable data folder',
      { FRESHLAYER_DATA: '/dev/null/data' },
      /^Cannot write to the data folder \/dev\/null\/data .*FRESHLAYER_DATA/,
    ],
    [
      'a data folder where the system makes no folders',
      { FRESHLAYER_DATA: '/proc/x' },
      /^Cannot write to the data folder \/proc\/x .*FRESHLAYER_DATA/,
    ],
    [
      'a missing build',
      { FRESHLAYER_STATIC: '/nowhere' },
      /^There is no built demo in \/nowhere\. Run "npx vite build"/,
    ],
    ['a port that is none', { PORT: 'http' }, /^PORT is "http"/],
    ['an address of another machine', { HOST: '192.0.2.1' }, /^This machine has no address 192\.0\.2\.1\./],
    [
      'an unreachable database',
      { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/shop' },
      /^Cannot reach the database at postgres:\/\/127\.0\.0\.1:1\/shop \(connect ECONNREFUSED.*DATABASE_URL/,
    ],
    ['a DATABASE_URL that is none', { DATABASE_URL: 'postgres://:' }, /^Cannot reach the database at/],
  ])('%s', async (_name, environment, line) => {
    const { code, lines } = await failedStart(environment)
    expect(lines).toEqual([expect.stringMatching(line)])
    expect(code).toBe(1)
  })

  test.concurrent.each([
    ['that may not create tables', 'create role shop; set role shop'],
    ['without a schema', 'drop schema public'],
    [
      'that may not read the tables of another one',
      'create table secrets (name text); create role shop; grant create on schema public to shop; set role shop',
    ],
  ])(
    'a database role %s',
    async (_name, sql) => {
      const { code, lines } = await withPostgres(sql, (url) => failedStart({ DATABASE_URL: url }))
      expect(lines).toEqual([
        expect.stringMatching(/^Cannot prepare the database at postgres:.* \(.+\)\. .*DATABASE_URL/),
      ])
      expect(code).toBe(1)
    },
    60_000,
  )

  test.concurrent('a taken port', async () => {
    const { code, lines, port } = await withTakenPort(async (port) => ({
      ...(await failedStart({ PORT: String(port), FRESHLAYER_DATA: join(folder, 'unused') })),
      port,
    }))
    expect(lines).toEqual([`Port ${port} is already in use. Stop what uses it, or choose another one with PORT.`])
    expect(code).toBe(1)
  })
})

test('data survives a clean stop and a kill, and the folder is one process’s at a time', async () => {
  const data = join(folder, 'data')
  const first = start({ FRESHLAYER_DATA: data })
  const line = await announcement(first)
  expect(line).toMatch(/^Freshlayer demo on http:\/\/localhost:\d+ \(database: PGlite in .+data\)$/)
  const url = line.split(' ')[3] ?? ''
  const cookie = await signIn(url)
  const created = await addCategory(url, cookie, 'Kept over a stop')
  expect(created.status).toBe(201)

  const rival = await failedStart({ FRESHLAYER_DATA: data })
  expect(rival).toEqual({ code: 1, lines: [expect.stringMatching(`in use by process ${first.pid}\\.`)] })

  // fetch keeps its connection open; a server that waited for it to close would not end.
  first.kill('SIGTERM')
  expect(await once(first, 'exit')).toEqual([0, null])

  const second = start({ FRESHLAYER_DATA: data })
  const secondUrl = (await announcement(second)).split(' ')[3] ?? ''
  expect((await addCategory(secondUrl, cookie, 'Kept over a kill')).status).toBe(201)
  second.kill('SIGKILL')
  await once(second, 'exit')

  const third = start({ FRESHLAYER_DATA: data })
  const thirdUrl = (await announcement(third)).split(' ')[3] ?? ''
  const { items } = await (await fetch(`${thirdUrl}/api/categories`, { headers: { cookie } })).json()
  const names = items.map(({ name }: { name: string }) => name)
  expect(names).toEqual(expect.arrayContaining(['Kept over a stop', 'Kept over a kill']))
  // Over a socket a request without a body is another thing than in process.
  const signedOut = await fetch(`${thirdUrl}/api/session`, { method: 'DELETE', headers: { cookie } })
  expect(signedOut.status).toBe(204)
  third.kill('SIGINT')
  expect(await once(third, 'exit')).toEqual([0, null])
}, 300_000)

async function signIn(url: string): Promise<string> {
  const response = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@corner.example', password: 'ada', mode: 'cookie' }),
  })
  const cookies = response.headers.getSetCookie().map((each) => each.split(';', 1)[0] ?? '')
  return cookies.find((each) => /^corner_session=./.test(each)) ?? ''
}

function addCategory(url: string, cookie: string, name: string): Promise<Response> {
  return fetch(`${url}/api/categories`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie },
    body: JSON.stringify({ name }),
  })
}
