import { describe, expect, test } from 'vitest'
import { epochMs } from '../../core/units.ts'
import { Overlay } from './overlay.ts'
import { PendingWrites } from './pending-writes.ts'
import { ORIGIN, queuedBy } from './queued-write.fixture.ts'
import type { QueuedWrite } from './queued-write.ts'
import { rowMarks } from './row-marks.ts'

const ROWS = [
  { id: 1, name: 'Tea' },
  { id: 2, name: 'Mint' },
  { id: 3, name: 'Salt' },
]
const queued = queuedBy()
const create = queued({ place: 1, line: 'POST /api/p', body: { name: 'Basil' }, mints: 'tmp-1' })
const rename = queued({ place: 2, line: 'PATCH /api/p/2', body: { name: 'Minze' } })
const remove = queued({ place: 3, line: 'DELETE /api/p/1' })

async function marksOf(body: unknown, writes: readonly QueuedWrite[], path = '/api/p', status = 200) {
  const pending = new PendingWrites()
  for (const write of writes) pending.put('ada', write)
  const overlay = new Overlay({ writes: pending, failed: () => undefined, rowMarks })
  const answer = await overlay.over(Response.json(body, { status }), {
    partition: 'ada',
    url: ORIGIN + path,
    method: 'GET',
    hasWrite: () => false,
    receivedAtMs: epochMs(1000),
  })
  const field = answer.headers.get('freshlayer-records')
  return {
    body: (await answer.json()) as unknown,
    marks: field === null ? undefined : (JSON.parse(field) as unknown),
    field,
  }
}

describe('the rows of a list that the device has changed', () => {
  test('are told beside the body, which is as the app expects it', async () => {
    const { body, marks } = await marksOf(ROWS, [create, rename, remove])
    expect(body).toEqual([
      { id: 2, name: 'Minze' },
      { id: 3, name: 'Salt' },
      { id: 'tmp-1', name: 'Basil' },
    ])
    expect(marks).toEqual({
      at: [],
      isList: true,
      rows: [
        [0, 1000, 1],
        [2, null, 1],
      ],
      deleted: [[{ id: 1, name: 'Tea' }, 1000]],
    })
  })

  test('are told where they are wrapped', async () => {
    expect((await marksOf({ data: ROWS, total: 3 }, [rename])).marks).toMatchObject({
      at: ['data'],
      rows: [[1, 1000, 1]],
    })
  })

  test('are told also where the answer has the change already', async () => {
    expect((await marksOf([{ id: 2, name: 'Minze' }], [rename])).marks).toMatchObject({ rows: [[0, 1000, 1]] })
  })

  test('are synced once they are acknowledged', async () => {
    const done = { ...rename, done: { at: 5000, row: { id: 2, name: 'Minze' } } }
    expect((await marksOf(ROWS, [done])).marks).toMatchObject({ rows: [[1, 5000, 0]] })
    const again = queued({ place: 4, line: 'PATCH /api/p/2', body: { name: 'Menta' } })
    expect((await marksOf(ROWS, [done, again])).marks).toMatchObject({ rows: [[1, 5000, 1]] })
  })

  test('are none where nothing is changed', async () => {
    expect((await marksOf(ROWS, [queued({ place: 4, line: 'DELETE /api/p/9' })])).marks).toBeUndefined()
  })

  test('are told in ASCII, as a field wants it', async () => {
    const { field, marks } = await marksOf([{ id: 1, name: 'Čaj 茶 🍵' }], [remove])
    expect(field).toMatch(/^[\u0020-\u007e]+$/)
    expect(marks).toMatchObject({ deleted: [[{ id: 1, name: 'Čaj 茶 🍵' }, 1000]] })
  })

  test('that are deleted are told up to a length', async () => {
    const many = Array.from({ length: 5000 }, (_, id) => ({ id, name: 'x'.repeat(100) }))
    const { field, body } = await marksOf(
      many,
      many.map(({ id }) => queued({ place: id + 1, line: `DELETE /api/p/${id}` })),
    )
    expect(body).toEqual([])
    expect(field?.length).toBeLessThan(50_000)
  })
})

describe('an item that the device has changed', () => {
  test('is told, wrapped or not', async () => {
    const told = { rows: [[0, 1000, 1]], isList: false }
    expect((await marksOf(ROWS[1], [rename], '/api/p/2')).marks).toMatchObject({ ...told, at: [] })
    expect((await marksOf({ data: ROWS[1] }, [rename], '/api/p/2')).marks).toMatchObject({ ...told, at: ['data'] })
  })

  test('and deleted is told with the 404', async () => {
    const { body, marks } = await marksOf(ROWS[0], [remove], '/api/p/1')
    expect(body).toMatchObject({ status: 404 })
    expect(marks).toMatchObject({ rows: [], deleted: [[{ id: 1, name: 'Tea' }, 1000]] })
  })
})
