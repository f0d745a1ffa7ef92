import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Config } from '../../../config/language/index.ts'
import type { HandedOver, QueuedWrite } from '../../protocol.ts'
import { Backend, CONFIG, type Given, outboxWorker, pages } from './outbox.fixture.ts'

const RECORDS: Config = { ...CONFIG, outbox: { ...CONFIG.outbox, records: true } }

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

const ID = '0b9fc1d6-9f0a-4d3e-8f56-b8a5c0f6c001'

/** A page that hands records over. */
async function handing(given: Given = {}) {
  const worker = await outboxWorker({ config: RECORDS, ...given })
  const { write, ask, outbox, rest } = worker
  const [rule] = RECORDS.writes ?? []
  return {
    ...worker,
    rule,
    hand: async (method: string, path: string, id: string, version: string, body?: unknown) => {
      const mark = { 'freshlayer-record': `product ${id} ${version}` }
      const { status, headers } = await write(method, path, body, mark)
      return { status, place: headers.get('freshlayer-outbox') }
    },
    /** @param forget receipts that a page has heeded. @param of the database that has told them. Default: the one that is there. */
    state: async (forget?: number[], of?: string): Promise<HandedOver> => {
      const said = (await ask({ ask: 'records' })) as HandedOver
      if (forget === undefined) return said
      return ask({ ask: 'records', forget, of: of ?? said.database }) as Promise<HandedOver>
    },
    drained: async () => {
      await outbox.drain(true)
      await rest()
    },
  }
}

/** One whose backend is away, which has a product. */
async function away(config = RECORDS) {
  const backend = new Backend()
  backend.products.set(7, { id: 7, name: 'tea', version: 1 })
  backend.isAway = true
  return handing({ backend, config })
}

describe('a record that a page hands over', () => {
  test('is answered before it is sent, and its mark goes nowhere', async () => {
    const { hand, backend, drained, state } = await away()
    expect(await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })).toEqual({ status: 202, place: '1' })
    backend.isAway = false
    await drained()
    expect(backend.products.get(7)).toMatchObject({ name: 'green' })
    expect(backend.received.map(({ fields }) => fields.has('freshlayer-record'))).not.toContain(true)
    expect((await state()).writes).toEqual([])
  })

  test('leaves a receipt, with what was sent and the row, until a page forgets it', async () => {
    const { hand, drained, state, backend, name } = await handing()
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    await drained()
    const receipt = {
      place: 1,
      record: `product ${ID} v1`,
      end: 'sent',
      id: '7',
      sent: '{"name":"oolong"}',
      row: '{"name":"oolong","id":7,"version":1}',
      atMs: expect.any(Number) as number,
    }
    const database = expect.any(String) as string
    expect(await state()).toEqual({ writes: [], receipts: [receipt], isMore: false, database, users: [] })
    const restarted = await handing({ backend, database: name })
    expect((await restarted.state()).receipts).toEqual([receipt])
    expect((await restarted.state([1])).receipts).toEqual([])
    expect((await (await handing({ backend, database: name })).state()).receipts).toEqual([])
  })

  test('keeps its receipt when a page forgets one of a database that the browser has deleted: its place is the same', async () => {
    const { hand, drained, state } = await handing()
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    await drained()
    expect((await state([1], 'another database')).receipts).toMatchObject([{ place: 1 }])
    expect((await state([1])).receipts).toEqual([])
  })

  test('has a receipt also where the answer says nothing of it, and where its body is long', async () => {
    const { hand, drained, state, backend } = await away()
    backend.isAway = false
    const long = 'x'.repeat(20_000)
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: long })
    await drained()
    await hand('DELETE', '/api/products/7', '70', 'v2')
    await drained()
    const { receipts } = await state()
    expect(receipts.map(({ end, sent, row }) => [end, sent?.length, row?.length])).toEqual([
      ['sent', 20_011, expect.any(Number)],
      ['sent', undefined, undefined],
    ])
  })

  test.each([
    ['the same version again', 'PATCH', 'v1', { name: 'green' }, ['{"name":"green"}']],
    ['a newer one', 'PATCH', 'v2', { name: 'black' }, ['{"name":"black"}']],
    ['a newer one by another method', 'PUT', 'v2', { name: 'black' }, ['{"name":"black"}']],
  ])('is one write: %s, while it was never sent', async (_, method, version, body, sent) => {
    const { hand, backend, drained, writes } = await away()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks: lockedLocks })
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
    expect(await hand(method, '/api/products/7', '7', version, body)).toMatchObject({ status: 202 })
    expect(await writes()).toHaveLength(1)
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
    backend.isAway = false
    await drained()
    expect(backend.received.map((each) => each.body)).toEqual(sent)
  })

  test('that is under way is waited for', async () => {
    const { hand, backend, outbox, rest, state } = await away()
    backend.isAway = false
    const release = backend.hold()
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    expect(await hand('PATCH', '/api/products/7', '7', 'v2', { name: 'black' })).toEqual({ status: 409, place: '1' })
    expect(await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })).toEqual({ status: 202, place: '1' })
    release()
    await rest()
    await outbox.drain(true)
    expect(backend.received).toHaveLength(1)
    const { receipts } = await state()
    expect(receipts.map(({ sent }) => sent)).toEqual(['{"name":"green"}'])
    // A page that was closed had asked for it meanwhile.
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
    expect(backend.received).toHaveLength(1)
    // Its page has read it before it has heard of that.
    expect(await hand('PATCH', '/api/products/7', '7', 'v2', { name: 'black' })).toEqual({ status: 409, place: '1' })
    await state(receipts.map(({ place }) => place))
    expect(await hand('PATCH', '/api/products/7', '7', 'v2', { name: 'black' })).toMatchObject({ status: 202 })
  })

  test('that the origin does not answer holds up none that comes after it', async () => {
    const { hand, backend, state } = await handing()
    backend.products.set(7, { id: 7, name: 'tea', version: 1 }).set(8, { id: 8, name: 'cup', version: 1 })
    const release = backend.hold()
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(1))
    await hand('PATCH', '/api/products/8', '8', 'v1', { name: 'mug' })
    await vi.waitFor(() => expect(backend.received).toHaveLength(2))
    release()
    await vi.waitFor(async () => expect((await state()).receipts).toHaveLength(2))
  })

  test('that the origin does not answer holds up no second attempt of another', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.99)
    const { hand, backend, writes } = await handing({
      config: { ...RECORDS, outbox: { ...RECORDS.outbox, firstWait: '500ms', longestWait: '500ms' } },
    })
    backend.products.set(7, { id: 7, name: 'tea', version: 1 }).set(8, { id: 8, name: 'cup', version: 1 })
    backend.faults.push(500)
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
    await vi.waitFor(async () => expect(await writes()).toMatchObject([{ failed: { status: 500 } }]))
    const release = backend.hold()
    await hand('PATCH', '/api/products/8', '8', 'v1', { name: 'mug' })
    const lanes = (): string[] => backend.received.map(({ path }) => path.slice(-1)).toSorted()
    await vi.waitFor(() => expect(lanes()).toEqual(['7', '7', '8']), 10_000)
    release()
  })

  test('whose outcome is not known is waited for', async () => {
    const { hand, backend, rest, drained, state } = await away()
    backend.isAway = false
    // The id that it gives first is that of another product.
    backend.products.delete(7)
    backend.faults.push('cut', ...Array.from({ length: 100 }, () => 'away' as const))
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    await rest()
    expect(await hand('POST', '/api/products', ID, 'v2', { name: 'black' })).toMatchObject({ status: 409 })
    backend.faults.length = 0
    await vi.waitFor(async () => {
      await drained()
      expect((await state()).receipts).toMatchObject([{ id: '7', sent: '{"name":"oolong"}' }])
    })
  })

  test('that is created and deleted is never sent', async () => {
    const { hand, backend, drained, state, writes } = await away()
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, locks: lockedLocks })
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    expect(await hand('DELETE', `/api/products/${ID}`, ID, 'v2')).toMatchObject({ status: 202 })
    expect(await writes()).toEqual([])
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
    backend.isAway = false
    await drained()
    expect(backend.received).toEqual([])
    expect((await state()).receipts).toMatchObject([{ end: 'withdrawn', record: `product ${ID} v2` }])
  })

  test('that the origin refuses is kept, and gives way to the next version', async () => {
    const { hand, backend, drained, state } = await away()
    backend.isAway = false
    backend.refused.add('{"name":""}')
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: '' })
    await drained()
    expect((await state()).writes).toEqual([{ place: 1, record: 'product 7 v1', isStuck: true, why: '422' }])
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: '' })
    await drained()
    expect(backend.received, 'the same version is not sent again').toHaveLength(1)
    await hand('PATCH', '/api/products/7', '7', 'v2', { name: 'green' })
    await drained()
    expect(backend.products.get(7)?.name).toBe('green')
  })

  test('that the user discards leaves a receipt', async () => {
    const { hand, backend, drained, state, ask } = await away()
    backend.isAway = false
    backend.refused.add('{"name":""}')
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: '' })
    await drained()
    await ask({ ask: 'steer-outbox', place: 1, how: 'discard' })
    expect(await state()).toMatchObject({ writes: [], receipts: [{ end: 'discarded', sent: '{"name":""}' }] })
  })

  test('that yields to the row of the origin leaves a receipt with that', async () => {
    const [rule] = CONFIG.writes ?? []
    const config = { ...RECORDS, writes: [{ ...rule, conflict: 'server-wins' }] } as Config
    const worker = await outboxWorker({ config, backend: (await away()).backend, rows: storedTag })
    worker.backend.isAway = false
    worker.backend.products.set(7, { id: 7, name: 'theirs', version: 2 })
    await worker.write('PATCH', '/api/products/7', { name: 'mine' }, { 'freshlayer-record': 'product 7 v1' })
    await worker.outbox.drain(true)
    await worker.rest()
    const { receipts } = (await worker.ask({ ask: 'records' })) as HandedOver
    expect(receipts).toMatchObject([{ end: 'yielded', row: '{"id":7,"name":"theirs","version":2}' }])
  })

  test('says itself what it is made on top of: the rule decides when that has changed', async () => {
    const [rule] = CONFIG.writes ?? []
    const config = { ...RECORDS, writes: [{ ...rule, conflict: 'server-wins' }] } as Config
    const { write, drained, state, backend } = await handing({ config, backend: (await away()).backend })
    backend.isAway = false
    backend.products.set(7, { id: 7, name: 'theirs', version: 2 })
    const mark = (version: string): Record<string, string> => ({
      'freshlayer-record': `product 7 ${version}`,
      'if-match': '"1"',
    })
    await write('PATCH', '/api/products/7', { name: 'mine' }, mark('v1'))
    await drained()
    expect((await state()).receipts).toMatchObject([
      { end: 'yielded', row: expect.stringContaining('theirs') as string },
    ])
  })

  test('is no conflict with what its page has sent before, also where the page has not read that', async () => {
    const { write, drained, state, backend } = await away()
    backend.isAway = false
    for (const name of ['green', 'black', 'white']) {
      await write('PATCH', '/api/products/7', { name }, { 'freshlayer-record': `product 7 ${name}`, 'if-match': '"1"' })
      await drained()
      const { receipts } = await state()
      expect(receipts).toMatchObject([{ end: 'sent' }])
      await state(receipts.map(({ place }) => place))
    }
    expect(backend.received.map(({ fields }) => fields.get('if-match'))).toEqual(['"1"', '"2"', '"3"'])
  })

  test('that the user mends with a longer body has a receipt with what its page has given', async () => {
    const { hand, backend, drained, state, ask } = await away()
    backend.isAway = false
    backend.refused.add('{"name":""}')
    await hand('PATCH', '/api/products/7', '7', 'v1', { name: '' })
    await drained()
    const body = new TextEncoder().encode(JSON.stringify({ name: 'x'.repeat(20_000) })).buffer
    await ask({ ask: 'steer-outbox', place: 1, how: 'edit', body })
    await drained()
    expect((await state()).receipts).toMatchObject([{ end: 'sent', sent: '{"name":""}' }])
    expect(backend.products.get(7)?.name).toHaveLength(20_000)
  })

  test('names another one by the id that the page has for it', async () => {
    const { hand, backend, drained, state } = await handing()
    backend.isAway = true
    const child = ID.replace('c001', 'c002')
    await hand('POST', '/api/products', ID, 'v1', { name: 'parent' })
    await hand('POST', '/api/products', child, 'v1', { name: 'child', parent: ID })
    backend.isAway = false
    await vi.waitFor(async () => {
      await drained()
      expect((await state()).writes).toEqual([])
    })
    expect(backend.received.at(-1)?.body).toBe('{"name":"child","parent":7}')
    const { receipts } = await state()
    expect(receipts.map(({ sent }) => sent)).toEqual(['{"name":"parent"}', '{"name":"child","parent":7}'])
  })

  test('of another user is not shown', async () => {
    const identity = {
      partitionOf: () => Promise.resolve('ada'),
      partitionsOf: (clientId: string) => Promise.resolve([clientId === 'a tab' ? 'ada' : 'bob']),
    }
    const { hand, state, ask, drained } = await handing({ identity })
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    await drained()
    const { database: of } = await state()
    expect(await ask({ ask: 'records', forget: [1], of }, 'another tab')).toMatchObject({
      receipts: [],
      users: ['bob'],
    })
    expect((await state()).receipts).toHaveLength(1)
  })

  test('is dropped when its user signs out and says so; one that was sent is told all the same: it would be sent again', async () => {
    const { hand, state, drained, outbox, backend } = await handing()
    await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
    await drained()
    backend.isAway = true
    await hand('PATCH', '/api/products/7', '70', 'v1', { name: 'green' })
    await outbox.drop('a tab')
    expect(await state()).toMatchObject({ writes: [], receipts: [{ end: 'sent', record: `product ${ID} v1` }] })
    expect(await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })).toEqual({ status: 202, place: '1' })
    backend.isAway = false
    await drained()
    expect(backend.received.filter(({ method }) => method === 'POST')).toHaveLength(1)
  })
})

test('a page asks for its records once all that it has handed over is in the outbox', async () => {
  const { hand, state } = await away()
  const handed = hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
  expect((await state()).writes).toHaveLength(1)
  await handed
})

test('a page that forgets receipts while a record ends hears of it as under way, or as ended', async () => {
  let opened: Promise<unknown> | undefined
  let waiting = 0
  const { hand, drained, state, backend, outbox } = await handing({
    wrap: (use) => async (mode, work) => {
      if (mode === 'readwrite') {
        waiting++
        await opened
      }
      return use(mode, work)
    },
  })
  await hand('POST', '/api/products', ID, 'v1', { name: 'oolong' })
  await drained()
  const { database, receipts } = await state()
  expect(receipts).toHaveLength(1)
  const release = backend.hold()
  await hand('POST', '/api/products', '1c9fc1d6-9f0a-4d3e-8f56-b8a5c0f6c002', 'v1', { name: 'sencha' })
  void outbox.drain(true)
  await vi.waitFor(() => expect(backend.received).toHaveLength(2))
  let open: (() => void) | undefined
  opened = new Promise<void>((resolve) => (open = resolve))
  waiting = 0
  release()
  await vi.waitFor(() => expect(waiting).toBe(1))
  const said = state([1], database)
  open?.()
  const { writes, receipts: told } = await said
  expect([...writes.map(({ place }) => place), ...told.map(({ place }) => place)]).toEqual([2])
})

test('a page is told of many receipts in parts', async () => {
  const { hand, state, drained } = await handing()
  for (let at = 0; at < 250; at++) await hand('POST', '/api/products', `record-${at}-0000000`, 'v1', { name: `${at}` })
  await drained()
  const first = await state()
  expect([first.receipts.length, first.isMore]).toEqual([200, true])
  const rest = await state(first.receipts.map(({ place }) => place))
  expect([rest.receipts.length, rest.isMore]).toEqual([50, false])
})

test('a queued write says which entity it is of', async () => {
  const { hand, ask } = await away()
  await hand('PATCH', '/api/products/7', '7', 'v1', { name: 'green' })
  expect((await ask({ ask: 'outbox' })) as QueuedWrite[]).toMatchObject([{ entity: 'product', id: '7' }])
})

test('a worker whose rules take no records answers none', async () => {
  const { ask, write } = await outboxWorker()
  expect(() => ask({ ask: 'records' })).toThrow()
  const answer = await write('POST', '/api/products', { name: 'oolong' }, { 'freshlayer-record': 'product 1 v1' })
  expect(answer.status).toBe(201)
})

/** Another worker drains. */
const lockedLocks = {
  request: (_: string, __: unknown, work: (lock: null) => unknown) => Promise.resolve(work(null)),
  query: () => Promise.resolve({ held: [] }),
}

/** What is stored of the product: its first version. */
const storedTag = (url: string): unknown[] =>
  url.endsWith('/7')
    ? [
        {
          status: 200,
          fields: new Map([['etag', '"1"']]),
          requestedAtMs: 1,
          size: 2,
          body: new TextEncoder().encode('{}'),
        },
      ]
    : []
