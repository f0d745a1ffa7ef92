import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Write } from '../../../config/language/index.ts'
import { epochMs } from '../../core/units.ts'
import type { Draft } from './outbox-store.ts'
import type { WriteRecord } from './write-record.ts'
import { Backend, CONFIG, outboxWorker, pages } from './outbox.fixture.ts'

const [RULE] = CONFIG.writes ?? []

type Worker = Awaited<ReturnType<typeof outboxWorker>>
const workers: Worker[] = []

afterEach(() => {
  for (const each of workers.splice(0)) each.stop()
})

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

/** Users are told apart, so that nothing is sent while no page of theirs is open. */
const identity = {
  partitionOf: () => 'user/ada',
  partitionsOf: () => Promise.resolve(['user/ada']),
  credentialsOf: () => Promise.resolve(undefined),
  isDoubted: () => false,
}

async function worker(rule: Partial<Write> = {}, backend = new Backend(), database?: string): Promise<Worker> {
  const config = { ...CONFIG, writes: [{ ...RULE, coalesce: true, ...rule }] } as never
  const made = await outboxWorker({ config, identity, backend, ...(database !== undefined && { database }) })
  workers.push(made)
  return made
}

/** Writes that wait. */
async function queued(
  { write, rest, writes }: Worker,
  ...all: readonly (readonly [string, string, unknown?])[]
): Promise<string[]> {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  pages.clear()
  const ids: string[] = []
  for (const [method, path, body] of all) {
    const [id = ''] = ids
    const given = body === undefined ? undefined : (JSON.parse(JSON.stringify(body).replace('{id}', id)) as unknown)
    const response = await write(method, path.replace('{id}', id), given)
    if (response.status !== 204) ids.push(String(((await response.json()) as { id: unknown }).id))
  }
  await rest()
  expect(await writes()).toHaveLength(all.length)
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.add('a tab')
  return ids
}

async function drained({ outbox, writes }: Worker): Promise<void> {
  await vi.waitFor(async () => {
    await outbox.drain(true)
    expect(await writes()).toEqual([])
  }, 5000)
}

const sent = ({ backend }: Worker): unknown[] => backend.received.map(({ method, path, body }) => [method, path, body])

const row = (): Backend => {
  const backend = new Backend()
  backend.products.set(1, { id: 1, name: 'salt', version: 1 })
  return backend
}

describe('writes to one row that were never sent', () => {
  test('are one write, in the place of the first', async () => {
    const all = await worker({}, row())
    await queued(
      all,
      ['PATCH', '/api/products/1', { name: 'a' }],
      ['PATCH', '/api/products/2', { name: 'x' }],
      ['PATCH', '/api/products/1', { price: 2 }],
      ['PATCH', '/api/products/1', { name: 'c' }],
    )
    await drained(all).catch(() => undefined)
    expect(sent(all)).toContainEqual(['PATCH', '/api/products/1', '{"name":"c","price":2}'])
    expect(all.backend.received).toHaveLength(2)
    expect(all.news.filter(({ end }) => end === 'merged').map(({ write }) => write.place)).toEqual([3, 4])
    expect(all.news.filter(({ end }) => end === 'sent').map(({ write }) => write.place)).toEqual([1])
  })

  test.each([
    ['with keys', {}],
    ['without keys', { idempotent: false }],
  ])('a create and its edits are one create (%s)', async (_, rule) => {
    const all = await worker(rule)
    await queued(
      all,
      ['POST', '/api/products', { name: 'tea' }],
      ['POST', '/api/products', { name: 'salt' }],
      ['PATCH', '/api/products/{id}', { name: 'green tea' }],
    )
    await drained(all)
    expect(sent(all)).toEqual([
      ['POST', '/api/products', '{"name":"green tea"}'],
      ['POST', '/api/products', '{"name":"salt"}'],
    ])
  })

  test('what was created and deleted is never sent', async () => {
    const all = await worker()
    await queued(all, ['POST', '/api/products', { name: 'tea' }], ['DELETE', '/api/products/{id}'])
    await drained(all)
    expect(sent(all)).toEqual([])
    expect(all.news.slice(-2).map(({ end, write }) => [end, write.place])).toEqual([
      ['merged', 2],
      ['merged', 1],
    ])
  })

  test('what another write names is sent all the same', async () => {
    const all = await worker()
    await queued(
      all,
      ['POST', '/api/products', { name: 'tea' }],
      ['PUT', '/api/products/1', { of: '{id}' }],
      ['DELETE', '/api/products/{id}'],
    )
    await vi.waitFor(async () => {
      await all.outbox.drain(true)
      expect(sent(all)).toHaveLength(3)
    })
  })

  test('a long body is sent whole', async () => {
    const all = await worker({}, row())
    const [one, other] = ['x'.repeat(6000), 'y'.repeat(6000)]
    await queued(all, ['PATCH', '/api/products/1', { name: one }], ['PATCH', '/api/products/1', { note: other }])
    await drained(all)
    expect(sent(all)).toEqual([['PATCH', '/api/products/1', JSON.stringify({ name: one, note: other })]])
  })

  test('are as many as the user made where the rule does not say it', async () => {
    const all = await worker({ coalesce: false }, row())
    await queued(all, ['PATCH', '/api/products/1', { name: 'a' }], ['PATCH', '/api/products/1', { name: 'b' }])
    await drained(all)
    expect(all.backend.received).toHaveLength(2)
  })
})

test('what was sent is not put together with what follows it', async () => {
  const all = await worker({}, row())
  await queued(all, ['PATCH', '/api/products/1', { name: 'a' }], ['PATCH', '/api/products/1', { name: 'b' }])
  const release = all.backend.hold()
  const { backend, name } = all
  const before = all.outbox.drain(true)
  await vi.waitFor(() => expect(backend.received).toHaveLength(1))
  expect(sent(all)).toEqual([['PATCH', '/api/products/1', '{"name":"b"}']])
  all.stop()
  release()
  void before
  const next = await worker({}, backend, name)
  pages.clear()
  await next.write('PATCH', '/api/products/1', { name: 'c' })
  pages.add('a tab')
  await drained(next)
  expect(sent(next)).toEqual(
    ['b', 'b', 'c'].map((each) => ['PATCH', '/api/products/1', JSON.stringify({ name: each })]),
  )
  expect(new Set(backend.received.slice(0, 2).map(({ fields }) => fields.get('idempotency-key'))).size).toBe(1)
})

test.each<[string, Partial<WriteRecord>]>([
  ['was sent', { firstSentAtMs: epochMs(1) }],
  ['may have been performed', { wasUnsure: true }],
  ['has a page without an answer, which may try again', { isAnswered: false }],
  ['needs the user', { state: { kind: 'asking', why: 'conflict' } }],
])('a write that %s is left alone', async (_, given) => {
  const all = await worker({}, row())
  await queued(all, ['PATCH', '/api/products/1', { name: 'a' }], ['PATCH', '/api/products/1', { name: 'b' }])
  const [first, second] = await all.writes()
  if (first === undefined || second === undefined) throw new Error('two writes wait')
  const { mergedIn } = await import('./coalescing.ts')
  const draft = (...writes: readonly WriteRecord[]): Draft => {
    const held = new Map(writes.map((each) => [each.place, each]))
    const remove = (place: number): boolean => held.delete(place)
    return { writes: () => held.values(), remove, put: (each: WriteRecord) => held.set(each.place, each) } as never
  }
  const queue = { idMember: 'id' } as never
  expect(mergedIn(draft(first, second), first, queue).gone).toHaveLength(1)
  const other = { ...second, ...given }
  expect(mergedIn(draft(first, other), first, queue)).toEqual({ write: first, gone: [] })
  const earlier = { ...first, ...given }
  expect(mergedIn(draft(earlier, second), earlier, queue)).toEqual({ write: earlier, gone: [] })
})

describe('a rule that demands a promise of the browser', () => {
  test.each([
    ['keeps no promise', { persisted: () => Promise.resolve(false) }],
    ['cannot say', { persisted: () => Promise.reject(new Error('no')) }],
    ['knows none', undefined],
  ])('queues nothing where the browser %s', async (_, storage) => {
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, storage })
    const { write, writes, backend } = await worker({ demand: 'persistent' })
    const response = await write('POST', '/api/products', { name: 'tea' })
    expect([response.status, response.headers.get('freshlayer-outbox')]).toEqual([201, 'unqueued'])
    backend.isAway = true
    await expect(write('POST', '/api/products', { name: 'tea' })).rejects.toThrow('Failed to fetch')
    expect(await writes()).toEqual([])
    // What is lost on the way is done once, though the page tries again.
    backend.isAway = false
    backend.faults.push('cut')
    await expect(write('POST', '/api/products', { name: 'green' })).rejects.toThrow('Failed to fetch')
    expect((await write('POST', '/api/products', { name: 'green' })).status).toBe(201)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea', 'green'])
  })

  test('queues where it has it', async () => {
    const storage = { persisted: () => Promise.resolve(true) }
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true, storage })
    const { write, writes, backend } = await worker({ demand: 'persistent' })
    backend.isAway = true
    expect((await write('POST', '/api/products', { name: 'tea' })).status).toBe(202)
    expect(await writes()).toHaveLength(1)
  })
})
