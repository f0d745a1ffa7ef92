import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool, type PoolClient } from 'pg'
import { idempotency, type Session, type SessionPool, sync, toNode } from '../../server/index.ts'

// One of several server processes over a database with a table of sales. It ends itself in the middle of a write where the
// request says so, as a machine that loses its power does.

const { DATABASE_URL = '', PORT = '0', IDLE = '60' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 })
pool.on('error', () => undefined)

const DEATHS = ['before-commit', 'while-committing', 'after-commit'] as const
let death: (typeof DEATHS)[number] | undefined
const die = (): void => void process.kill(process.pid, 'SIGKILL')

/** The pool, whose clients may be the last that the process does. */
const mortal: SessionPool<Session> = {
  async connect() {
    const client: PoolClient = await pool.connect()
    return {
      async query(text, values = []) {
        if (text === 'commit' && death === 'before-commit') die()
        const result = client.query<Record<string, unknown>>(text, [...values])
        // The bytes leave in this turn of the loop, or they do not.
        if (text === 'commit' && death === 'while-committing') setImmediate(die)
        await result
        if (text === 'commit' && death === 'after-commit') die()
        return result
      },
      release: (destroy) => client.release(destroy),
      on: (event, listener) => client.on(event, listener),
      off: (event, listener) => client.off(event, listener),
    }
  },
}

const once = idempotency<string>({
  pool: mortal,
  principalOf: () => 'ada',
  ownerOf: (user) => user,
  idle: Number(IDLE),
})

const sell = once(async (request, { client }) => {
  // `sleeps`: within the transaction, in seconds.
  const { intent, sleeps = 0 } = (await request.json()) as { readonly intent: string; readonly sleeps?: number }
  const fate = request.headers.get('x-fate')
  death = DEATHS.find((each) => each === fate)
  const { rows } = await client.query('insert into sales (intent) values ($1) returning id', [intent])
  if (sleeps > 0) await client.query('select pg_sleep($1)', [sleeps])
  if (fate === 'hangs') process.kill(process.pid, 'SIGSTOP')
  return Response.json({ id: Number(rows[0]?.['id']), intent }, { status: 201 })
})

const batches = sync<string>({
  pool: mortal,
  principalOf: () => 'ada',
  entities: { sales: { rows: () => ({ text: 'select id, intent, counter, updated_at from sales' }) } },
  writes: {
    ownerOf: (user) => user,
    idle: Number(IDLE),
    entities: {
      sales: {
        table: 'sales',
        may: () => true,
        async write(client, write) {
          if (write.kind === 'delete') return
          if (write.kind === 'update') {
            const { intent, counter } = write.fields
            await client.query('update sales set intent = $2, counter = $3 where id = $1', [write.id, intent, counter])
            return
          }
          const { rows } = await client.query('insert into sales (intent) values ($1) returning id', [
            write.fields['intent'],
          ])
          return Number(rows[0]?.['id'])
        },
      },
    },
  },
})

const answer = (request: Request): Promise<Response> =>
  new URL(request.url).pathname === '/api/sync' ? batches(request) : sell(request)

const server = createServer(toNode(answer))
server.listen(Number(PORT), '127.0.0.1', 10_000, () => process.send?.({ port: (server.address() as AddressInfo).port }))
