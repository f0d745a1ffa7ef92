import { randomUUID } from 'node:crypto'
import { expect, test } from '@playwright/test'
import { Pool } from 'pg'
import { diceOf } from '../../bench/dice.ts'
import { idempotency, lastWriteWins, lockedRow, migration, validators } from '../../server/index.ts'
import { formatTime } from '../../sw/core/outbox/hybrid-clock.ts'
import { type Postgres, startPostgres } from '../sync/postgres.ts'

const isFull = process.env['FULL'] !== undefined
const WRITERS = 16
const ROUNDS = isFull ? 200 : 25
const EDITS = isFull ? 100 : 12
const SEED = Number(process.env['SEED'])

let postgres: Postgres
let pool: Pool
let write: (request: Request) => Promise<Response>
test.beforeAll(async () => {
  postgres = await startPostgres()
  pool = new Pool({ connectionString: postgres.url, max: WRITERS + 4 })
  // Connections that are closed with the server.
  pool.on('error', () => undefined)
  await pool.query(
    'create table notes (id integer primary key, text text not null, counter integer not null default 0)',
  )
  write = writing()
  await pool.query(migration([{ entity: 'notes', table: 'notes' }]))
})
test.afterAll(async () => {
  await pool.end()
  await postgres.remove()
})
test.beforeEach(async () => {
  await pool.query('truncate notes')
  await pool.query(`insert into notes (id, text) values (1, 'first')`)
})

interface Note {
  readonly text: string
  readonly counter: number
  readonly updated_at: string
}

const { etag } = validators({ release: '1' })
const tagOf = (row: Readonly<Record<string, unknown>>): string => etag({ version: row['updated_at'] as Date })
const SELECT = { text: 'select * from notes where id = 1' }

/** The write of a note, if it is still what its client has seen. */
const writing = (): ((request: Request) => Promise<Response>) =>
  idempotency<string>({ pool, principalOf: () => 'ada', ownerOf: (user) => user })(async (request, { client }) => {
    await lockedRow(client, request, { select: SELECT, etag: tagOf, isRequired: true })
    const { text, counter } = (await request.json()) as Note
    await client.query('update notes set text = $1, counter = $2', [text, counter])
    const { rows } = await client.query('select * from notes')
    return Response.json(rows[0], { headers: { etag: tagOf(rows[0] ?? {}) } })
  })

const put = (base: Readonly<Record<string, string>>, note: { text: string; counter: number }): Promise<Response> =>
  write(
    new Request('http://shop.invalid/notes/1', {
      method: 'PUT',
      headers: { ...base, 'idempotency-key': randomUUID() },
      body: JSON.stringify(note),
    }),
  )

/** How a client says what it has seen, and what it is told if that is no longer so. */
const WAYS = [
  ['If-Match', 412, async () => ({ 'if-match': tagOf((await pool.query(SELECT)).rows[0]) })],
  [
    'updatedAt',
    409,
    async () => ({
      'freshlayer-updated-at': encodeURIComponent((await pool.query(SELECT)).rows[0].updated_at.toISOString()),
    }),
  ],
] as const

for (const [name, refused, seen] of WAYS)
  test(`of ${WRITERS} writers with one ${name} exactly one writes, and the others get what it wrote`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const base = await seen()
      const answers = await Promise.all(
        Array.from({ length: WRITERS }, (_, at) => put(base, { text: `${round} ${at}`, counter: round })),
      )
      const won = answers.filter(({ status }) => status === 200)
      expect([won.length, answers.filter(({ status }) => status === refused).length]).toEqual([1, WRITERS - 1])
      const row: unknown = await won[0]?.json()
      for (const each of answers) {
        if (each.status === 200) continue
        const { current } = (await each.json()) as { current: unknown }
        expect(current).toEqual(row)
      }
    }
    console.log(`${ROUNDS} rounds of ${WRITERS} writers: one won each`)
  })

test(`${WRITERS} writers that merge with what the problem says lose no edit`, async () => {
  let conflicts = 0
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let tag = '"nothing yet"'
      let counter = 0
      for (let edit = 0; edit < EDITS;) {
        const response = await put({ 'if-match': tag }, { text: `${writer}`, counter: counter + 1 })
        if (response.status === 200) {
          edit++
          tag = response.headers.get('etag') ?? ''
          counter++
          continue
        }
        conflicts++
        expect(response.status).toBe(412)
        const problem = (await response.json()) as { etag: string; current: Note }
        tag = problem.etag
        counter = problem.current.counter
      }
    }),
  )
  const { rows } = await pool.query('select counter from notes')
  expect(rows).toEqual([{ counter: WRITERS * EDITS }])
  console.log(`${WRITERS * EDITS} edits of one row by ${WRITERS} writers, ${conflicts} conflicts, none lost`)
})

test(`of ${WRITERS} devices that were offline the last write of each field holds, in whatever order they come`, async () => {
  await pool.query('alter table notes disable trigger user')
  await pool.query(`update notes set updated_at = now() - interval '3 hours'`)
  await pool.query('alter table notes enable trigger user')
  const patching = idempotency<string>({ pool, principalOf: () => 'ada', ownerOf: (user) => user })(async (
    request,
    { client },
  ) => {
    const row = await lockedRow(client, request, { select: SELECT })
    const patch = (await request.json()) as Partial<Note>
    const won = await lastWriteWins(client, {
      entity: 'notes',
      id: '1',
      patch,
      stamp: request.headers.get('freshlayer-stamp'),
      updatedAt: row?.['updated_at'] as Date,
    })
    if (won.patch === undefined) return Response.json(row)
    const { text, counter } = { ...row, ...won.patch }
    const { rows } = await client.query('update notes set text = $1, counter = $2 returning *', [text, counter])
    await won.keep(rows[0]?.['updated_at'] as Date)
    return Response.json(rows[0])
  })
  const dice = diceOf(SEED)
  const hour = 3_600_000
  const now = Date.now()
  const last: Partial<Record<'text' | 'counter', { stamp: string; value: unknown }>> = {}
  // Each device has its writes in their order; what another one has written meanwhile it has not seen.
  const devices = Array.from({ length: WRITERS }, (_, device) =>
    Array.from({ length: EDITS }, () => Math.floor(now - 2 * hour + dice() * hour))
      .toSorted((one, other) => one - other)
      .map((ms, edit) => {
        const stamp = formatTime({ ms, count: 0, node: `device-${device}` })
        const patch =
          dice() < 0.5 ? { text: `${device} ${edit}` } : { text: `${device} ${edit}`, counter: device * 1000 + edit }
        for (const [name, value] of Object.entries(patch))
          if (name === 'text' || name === 'counter')
            if ((last[name]?.stamp ?? '') < stamp) last[name] = { stamp, value }
        return { stamp, patch }
      }),
  )
  await Promise.all(
    devices.map(async (writes) => {
      for (const { stamp, patch } of writes) {
        const response = await patching(
          new Request('http://shop.invalid/notes/1', {
            method: 'PATCH',
            headers: { 'idempotency-key': stamp, 'freshlayer-stamp': stamp },
            body: JSON.stringify(patch),
          }),
        )
        expect(response.status).toBe(200)
      }
    }),
  )
  const { rows } = await pool.query('select text, counter from notes')
  expect(rows).toEqual([{ text: last.text?.value, counter: last.counter?.value }])
  console.log(`seed ${SEED}: ${WRITERS * EDITS} writes of ${WRITERS} devices, and the last of each field holds`)
})
