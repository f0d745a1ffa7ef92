import { describe, expect, test } from 'vitest'
import { PendingWrites } from './pending-writes.ts'
import { ORIGIN, queuedBy } from './queued-write.fixture.ts'
import type { QueuedWrite } from './queued-write.ts'

const ADA = 'user/ada'
const queued = queuedBy()
const create = (place: number): QueuedWrite =>
  queued({ place, line: 'POST /api/p', body: { name: 'Salt' }, mints: `tmp-${place}` })

function pending(...writes: QueuedWrite[]) {
  const all = new PendingWrites()
  for (const write of writes) all.put(ADA, write)
  /** Places with the kind of what is read. */
  const at = (path: string): string[] =>
    (all.of(ADA)?.at(ORIGIN + path) ?? []).map(({ kind, write }) => `${write.place} ${kind}`)
  return { all, at }
}

describe('the writes of a read', () => {
  test('are those of its list or its item, with any query, in the order of their places', () => {
    const rename = queued({ place: 2, line: 'PUT /api/p/7?notify=1', body: {} })
    const { all, at } = pending(create(3), rename, create(1))
    expect(at('/api/p')).toEqual(['1 list', '2 list', '3 list'])
    expect(at('/api/p?page=2')).toEqual(['1 list', '2 list', '3 list'])
    expect([at('/api/p/7'), at('/api/p/tmp-1'), at('/api/p/7/photo')]).toEqual([['2 item'], ['1 item'], []])
    // Another version has the same place.
    all.put(ADA, { ...create(1) })
    expect(at('/api/p')).toEqual(['1 list', '2 list', '3 list'])
  })

  test('are none once they are removed, and of a user without writes nothing is kept', () => {
    const { all, at } = pending(create(1), create(2))
    all.remove(ADA, 1)
    expect([at('/api/p'), at('/api/p/tmp-1')]).toEqual([['2 list'], []])
    all.remove(ADA, 2)
    all.remove(ADA, 2)
    expect(all.of(ADA)).toBeUndefined()
    all.put(ADA, create(3))
    all.clear(ADA)
    expect(all.of(ADA)).toBeUndefined()
  })

  test('are those of its user alone', () => {
    const { all } = pending(create(1))
    expect(all.of('user/grace')).toBeUndefined()
    all.remove('user/grace', 1)
    expect(all.of(ADA)?.at(`${ORIGIN}/api/p`)).toHaveLength(1)
  })

  test('are found by the server’s id once that is known, whenever they came', () => {
    const before = queued({ place: 2, line: 'PUT /api/p/tmp-1', body: {} })
    const { all, at } = pending(create(1), before)
    all.map(ADA, 'tmp-1', { id: 'b/7', json: '"b/7"' })
    all.put(ADA, queued({ place: 3, line: 'DELETE /api/p/tmp-1' }))
    expect([at('/api/p/b%2F7'), at('/api/p/tmp-1')]).toEqual([['1 item', '2 item', '3 item'], []])
    expect(at('/api/p')).toEqual(['1 list', '2 list', '3 list'])
    expect(all.of(ADA)?.idFor('tmp-1')).toEqual({ id: 'b/7', json: '"b/7"' })
  })

  test('of a rule with a function are those of the URLs that it invalidates, with their query where they have one', () => {
    const invalidates = ['/api/till', '/api/p', '/api/stock/{id}?open=1', 'tag', '/api/all/**']
    const by = queuedBy({ optimistic: (cached) => cached, invalidates })
    const { at } = pending(by({ place: 1, line: 'PATCH /api/p/7', body: {} }), create(2))
    expect([at('/api/till'), at('/api/till?x=1'), at('/api/p')]).toEqual([
      ['1 whole'],
      ['1 whole'],
      ['1 list', '2 list'],
    ])
    expect([at('/api/stock/7'), at('/api/stock/7?open=1'), at('/api/all/1')]).toEqual([[], ['1 whole'], []])
  })

  test('of a URL that the rule invalidates have the server’s id in it', () => {
    const by = queuedBy({ optimistic: (cached) => cached, invalidates: ['/api/stock/{id}'] })
    const { all, at } = pending(by({ place: 1, line: 'PATCH /api/p/tmp-1', body: {} }))
    expect([at('/api/stock/tmp-1'), at('/api/stock/7')]).toEqual([['1 whole'], []])
    all.map(ADA, 'tmp-1', { id: '7', json: '7' })
    expect([at('/api/stock/tmp-1'), at('/api/stock/7')]).toEqual([[], ['1 whole']])
  })

  test('to a list as a whole are those of that alone', () => {
    const { at } = pending(queuedBy({ match: 'PUT /api/settings' })({ place: 1, line: 'PUT /api/settings', body: {} }))
    expect([at('/api/settings'), at('/api/settings/')]).toEqual([['1 list'], []])
  })

  test('to a part of a row are those of no read', () => {
    const { at } = pending(
      queuedBy({ match: 'POST /api/p/:id/photo', id: ':id' })({ place: 1, line: 'POST /api/p/7/photo' }),
    )
    expect([at('/api/p/7/photo'), at('/api/p/7'), at('/api/p')]).toEqual([[], [], []])
  })
})

test('of ten thousand writes a read of something else sees none, and each leaves nothing behind', () => {
  const writes = Array.from({ length: 10_000 }, (_, at) => create(at + 1))
  const { all } = pending(...writes)
  const found = all.of(ADA)
  expect(found?.at(`${ORIGIN}/api/q`)).toBe(found?.at(`${ORIGIN}/api/q/1`))
  expect(found?.at(`${ORIGIN}/api/p`)).toHaveLength(10_000)
  for (const { place } of writes) all.remove(ADA, place)
  expect(found?.at(`${ORIGIN}/api/p`)).toHaveLength(0)
  expect(all.of(ADA)).toBeUndefined()
})
