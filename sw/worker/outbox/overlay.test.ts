import { describe, expect, test, vi } from 'vitest'
import type { CollectionRule, Write } from '../../../config/language/index.ts'
import { sequence } from '../../core/sequence.ts'
import { epochMs } from '../../core/units.ts'
import { collectionList } from './collection-list.ts'
import { Overlay, type OverlaidRead } from './overlay.ts'
import { PendingWrites } from './pending-writes.ts'
import { ORIGIN, queuedBy } from './queued-write.fixture.ts'
import type { QueuedWrite } from './queued-write.ts'

const ADA = 'user/ada'
const LIST = `${ORIGIN}/api/p`
const ROWS = [
  { id: 1, name: 'Tea' },
  { id: 2, name: 'Mint' },
]
const NOW = epochMs(1_800_000_000_000)
const queued = queuedBy()

function overlaid(...writes: QueuedWrite[]) {
  const pending = new PendingWrites()
  for (const write of writes) pending.put(ADA, write)
  const failed = vi.fn<(partition: string, place: number) => void>()
  const overlay = new Overlay({ writes: pending, failed })
  const readOf = (path: string, given: Partial<OverlaidRead> = {}): OverlaidRead => ({
    partition: ADA,
    url: ORIGIN + path,
    method: 'GET',
    hasWrite: () => false,
    receivedAtMs: undefined,
    ...given,
  })
  return {
    pending,
    overlay,
    failed,
    readOf,
    over: async (answer: Response, path = '/api/p', given: Partial<OverlaidRead> = {}) =>
      overlay.over(answer, readOf(path, given)),
  }
}

const answered = (value: unknown, fields: Record<string, string> = {}, status = 200): Response =>
  Response.json(value, {
    status,
    headers: { etag: '"1"', 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT', ...fields },
  })
const shownOf = ({ headers }: Response): string | null => headers.get('freshlayer-outbox')

const create = queued({ place: 1, line: 'POST /api/p', body: { name: 'Salt' }, mints: 'tmp-1' })
const rename = queued({ place: 2, line: 'PATCH /api/p/2', body: { name: 'Basil' } })
const remove = queued({ place: 3, line: 'DELETE /api/p/1' })

/** The body of the create, as it is read when it lies beside its record. */
const bytes = new TextEncoder().encode(JSON.stringify({ name: 'Salt' })).buffer

describe('an answer', () => {
  test('has the writes that its user has made, and no validators', async () => {
    const { over } = overlaid(create, rename, remove)
    const answer = await over(answered(ROWS, { 'x-total-count': '2', 'cache-status': 'Freshlayer; hit' }))
    expect(await answer.json()).toEqual([
      { id: 2, name: 'Basil' },
      { id: 'tmp-1', name: 'Salt' },
    ])
    expect([...answer.headers]).toEqual([
      ['cache-status', 'Freshlayer; hit'],
      ['content-type', 'application/json'],
      ['freshlayer-outbox', 'shown'],
      ['x-total-count', '2'],
    ])
  })

  test('that no write concerns is handed on itself', () => {
    const { overlay, readOf } = overlaid(create, rename)
    for (const [path, partition] of [
      ['/api/q', ADA],
      ['/api/p/3', ADA],
      ['/api/p', 'user/grace'],
    ] as const) {
      const answer = answered(ROWS)
      expect(overlay.over(answer, readOf(path, { partition }))).toBe(answer)
      expect(overlay.concerns(readOf(path, { partition }))).toBe(false)
    }
    expect(overlay.concerns(readOf('/api/p/2'))).toBe(true)
  })

  test('that has the writes already is handed on itself', async () => {
    const { over } = overlaid(rename, queued({ place: 4, line: 'DELETE /api/p/9' }))
    const answer = answered([{ id: 2, name: 'Basil' }])
    expect(await over(answer)).toBe(answer)
    expect(await answer.json()).toEqual([{ id: 2, name: 'Basil' }])
  })

  test('is without writes that were rolled back', async () => {
    const { over, pending } = overlaid(create, rename)
    pending.remove(ADA, 2)
    expect(await (await over(answered(ROWS))).json()).toEqual([...ROWS, { id: 'tmp-1', name: 'Salt' }])
    pending.remove(ADA, 1)
    const answer = answered(ROWS)
    expect(await over(answer)).toBe(answer)
  })

  test.each<[string, () => Response]>([
    ['that is no JSON', () => new Response('<html>', { headers: { 'content-type': 'text/html', etag: '"1"' } })],
    [
      'that says it is JSON and is none',
      () => new Response('[{', { headers: { 'content-type': 'application/json', etag: '"1"' } }),
    ],
    [
      'with a number that JavaScript cannot hold',
      () =>
        new Response('[{"id":90071992547409931}]', { headers: { 'content-type': 'application/json', etag: '"1"' } }),
    ],
    [
      'that is too deep to be written anew',
      () =>
        new Response(`[{"id":2,"in":${'['.repeat(1e5)}${']'.repeat(1e5)}}]`, {
          headers: { 'content-type': 'application/json', etag: '"1"' },
        }),
    ],
    ['of unknown shape', () => answered({ a: [{ id: 1 }], b: [{ id: 2 }] })],
    ['that is not modified', () => new Response(null, { status: 304, headers: { etag: '"1"' } })],
  ])('%s stays as it is, and says that something is not shown', async (_, answer) => {
    const { over, failed } = overlaid(create)
    const given = await over(answer())
    expect(await given.text()).toBe(await answer().text())
    expect([given.status, given.headers.get('etag'), shownOf(given)]).toEqual([answer().status, '"1"', 'not-shown'])
    expect(failed).not.toHaveBeenCalled()
  })

  test.each([401, 403, 500, 503])('of failure %i is handed on itself', async (status) => {
    const { over } = overlaid(create)
    const answer = answered({}, {}, status)
    expect(await over(answer)).toBe(answer)
  })

  test('that was redirected, or that the browser hides, is handed on itself', async () => {
    const { over } = overlaid(create)
    const redirected = Object.defineProperty(answered(ROWS), 'redirected', { value: true })
    for (const answer of [redirected, Response.error()]) expect(await over(answer)).toBe(answer)
  })

  test('of a part of a list has what is certain, and says that the rest is not shown', async () => {
    const { over } = overlaid(create, rename, remove)
    const fields = { 'content-range': 'items 0-1/25', 'x-total-count': '25' }
    const answer = await over(answered(ROWS, fields, 206), '/api/p?page=1')
    expect(await answer.json()).toEqual([{ id: 2, name: 'Basil' }])
    expect([shownOf(answer), answer.headers.get('etag'), answer.status]).toEqual(['not-shown', null, 206])
    expect(answer.headers.get('content-range')).toBe('items 0-0/24')
    expect(answer.headers.get('x-total-count')).toBe('24')
  })

  test('to HEAD loses its validators alone', async () => {
    const { over } = overlaid(create)
    const answer = await over(
      new Response(null, { headers: { etag: '"1"', 'content-type': 'application/json', 'content-length': '9' } }),
      '/api/p',
      {
        method: 'HEAD',
      },
    )
    expect([...answer.headers.keys()]).toEqual(['content-type', 'freshlayer-outbox'])
  })

  test('keeps what is around the rows, and counts them', async () => {
    const { over } = overlaid(create, remove)
    const answer = await over(answered({ items: ROWS, total: 2, at: 'x' }))
    expect(await answer.json()).toEqual({ items: [ROWS[1], { id: 'tmp-1', name: 'Salt' }], total: 2, at: 'x' })
  })

  test('has new rows first where the rule says so, the newest of them foremost', async () => {
    const first = queuedBy({ optimistic: 'first' })
    const made = [1, 2].map((place) =>
      first({ place, line: 'POST /api/p', body: { name: `${place}` }, mints: `tmp-${place}` }),
    )
    const answer = await overlaid(...made).over(answered(ROWS))
    expect(await answer.json()).toMatchObject([{ name: '2' }, { name: '1' }, { name: 'Tea' }, { name: 'Mint' }])
  })

  test('does not show writes of a rule that says so', async () => {
    const hidden = queuedBy({ optimistic: false })
    const { over } = overlaid(hidden({ place: 1, line: 'POST /api/p', body: { name: 'Salt' }, mints: 'tmp-1' }))
    const answer = answered(ROWS)
    expect(await over(answer)).toBe(answer)
  })

  test('shows large bodies, which are read once', async () => {
    const body = vi.fn(() => Promise.resolve(bytes))
    const { over } = overlaid({ ...create, body })
    for (let time = 0; time < 2; time++)
      expect(await (await over(answered([]))).json()).toEqual([{ id: 'tmp-1', name: 'Salt' }])
    expect(body).toHaveBeenCalledOnce()
  })

  test('shows what comes while it is read', async () => {
    const { over, pending } = overlaid({ ...create, body: () => Promise.resolve(bytes) })
    const answer = over(answered(ROWS))
    pending.put(ADA, rename)
    expect(await (await answer).json()).toMatchObject([{ name: 'Tea' }, { name: 'Basil' }, { name: 'Salt' }])
  })
})

test('an answer stays as it is where folding fails', async () => {
  const deep = `{"in":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
  const { over } = overlaid(queued({ place: 1, line: 'PATCH /api/p/2', body: deep }))
  const reported = vi.spyOn(console, 'warn').mockReturnValue(undefined)
  const text = `[{"id":2,${deep.slice(1)}]`
  const answer = await over(new Response(text, { headers: { 'content-type': 'application/json' } }))
  expect([await answer.text(), shownOf(answer)]).toEqual([text, 'not-shown'])
  expect(reported).toHaveBeenCalledOnce()
})

describe('an item', () => {
  const later = queued({ place: 5, line: 'PATCH /api/p/tmp-1', body: { price: 3 } })

  test('that only its create knows is answered by that and what follows it', async () => {
    const { overlay, readOf } = overlaid(create, later)
    const answer = await overlay.alone(readOf('/api/p/tmp-1'))
    expect(await answer?.json()).toEqual({ id: 'tmp-1', name: 'Salt', price: 3 })
    expect([answer?.status, ...(answer?.headers ?? [])]).toEqual([
      200,
      ['cache-status', 'Freshlayer; hit; detail=outbox'],
      ['content-type', 'application/json'],
      ['freshlayer-outbox', 'shown'],
    ])
  })

  test('that was made and deleted here is not there', async () => {
    const { overlay, readOf } = overlaid(create, queued({ place: 6, line: 'DELETE /api/p/tmp-1' }))
    expect((await overlay.alone(readOf('/api/p/tmp-1')))?.status).toBe(404)
  })

  test('that the origin may know is asked for', async () => {
    const chosen = queued({ place: 1, line: 'POST /api/p', body: { id: 'u-1', name: 'Salt' }, mints: 'u-1' })
    const { overlay, readOf, pending, over } = overlaid(chosen, rename)
    expect(await (await overlay.alone(readOf('/api/p/u-1')))?.json()).toEqual({ id: 'u-1', name: 'Salt' })
    expect(overlay.alone(readOf('/api/p/2'))).toBeUndefined()
    expect(overlay.alone(readOf('/api/p'))).toBeUndefined()
    pending.put(ADA, { ...chosen, firstSentAtMs: NOW })
    expect(overlay.alone(readOf('/api/p/u-1'))).toBeUndefined()
    // And is there nevertheless, where it does not.
    expect(await (await over(answered({ title: 'Not Found' }, {}, 404), '/api/p/u-1')).json()).toEqual({
      id: 'u-1',
      name: 'Salt',
    })
    expect(await (await overlay.standIn(readOf('/api/p/u-1')))?.json()).toEqual({ id: 'u-1', name: 'Salt' })
  })

  test('is answered to HEAD as to GET, without its body', async () => {
    const chosen = queued({ place: 1, line: 'POST /api/p', body: { id: 'u-1' }, mints: 'u-1', firstSentAtMs: NOW })
    const { over, overlay, readOf } = overlaid(chosen)
    const answer = await over(new Response(null, { status: 404 }), '/api/p/u-1', { method: 'HEAD' })
    expect([answer.status, await answer.text()]).toEqual([200, ''])
    expect(await overlay.standIn(readOf('/api/p/u-1', { method: 'HEAD' }))).toBeUndefined()
  })

  test('at whose URL something is made, too, does not show that', async () => {
    const below = queuedBy({ match: 'POST /api/p/*' })({ place: 7, line: 'POST /api/p/2', body: {}, mints: 'tmp-7' })
    const { over } = overlaid(rename, below)
    const answer = await over(answered(ROWS[1]), '/api/p/2')
    expect([await answer.json(), shownOf(answer)]).toEqual([{ id: 2, name: 'Basil' }, 'not-shown'])
  })

  test('that is deleted here, and there, is answered as there', async () => {
    const { over } = overlaid(remove)
    const answer = answered({}, {}, 404)
    expect(await over(answer, '/api/p/1')).toBe(answer)
  })

  test('that is changed here is not made by that', async () => {
    const { overlay, readOf, over } = overlaid(rename)
    expect(await overlay.standIn(readOf('/api/p/2'))).toBeUndefined()
    const answer = answered({}, {}, 404)
    expect(await over(answer, '/api/p/2')).toBe(answer)
  })

  test('is shown with its changes, wrapped or not, and is gone once it is deleted', async () => {
    const { over } = overlaid(rename, remove)
    expect(await (await over(answered(ROWS[1]), '/api/p/2')).json()).toEqual({ id: 2, name: 'Basil' })
    expect(await (await over(answered({ data: ROWS[1] }), '/api/p/2?all=1')).json()).toEqual({
      data: { id: 2, name: 'Basil' },
    })
    const answer = await over(answered(ROWS[0]), '/api/p/1')
    expect([answer.status, answer.headers.get('content-type'), shownOf(answer)]).toEqual([
      404,
      'application/problem+json',
      'shown',
    ])
  })

  test('and its list have the server’s id once that is known, also in what names it', async () => {
    const part = queued({ place: 6, line: 'POST /api/p/tmp-1/parts', body: { of: 'tmp-1' }, mints: 'tmp-2' })
    const { pending, overlay, readOf, over } = overlaid(create, later, part)
    expect(await (await over(answered([]), '/api/p/tmp-1/parts')).json()).toEqual([{ id: 'tmp-2', of: 'tmp-1' }])
    pending.map(ADA, 'tmp-1', { id: '7', json: '7' })
    expect(await (await over(answered([]), '/api/p/7/parts')).json()).toEqual([{ id: 'tmp-2', of: 7 }])
    pending.put(ADA, { ...create, done: { at: sequence(1, 5) } })
    // Its answer was empty: what was sent stands for it.
    expect(await (await over(answered(ROWS))).json()).toEqual([...ROWS, { id: 7, name: 'Salt', price: 3 }])
    expect(await (await over(answered({ id: 7, name: 'Salt', vat: 1 }), '/api/p/7')).json()).toEqual({
      id: 7,
      name: 'Salt',
      vat: 1,
      price: 3,
    })
    expect(overlay.concerns(readOf('/api/p/tmp-1'))).toBe(false)
  })
})

describe('an acknowledged write', () => {
  const done = { ...rename, done: { at: sequence(1, 5), row: { id: 2, name: 'Basil', version: 2 } } }
  const before: Partial<OverlaidRead> = {
    hasWrite: ({ done: acknowledged }) => sequence(1, 4) > (acknowledged?.at ?? 0),
  }
  const after: Partial<OverlaidRead> = {
    hasWrite: ({ done: acknowledged }) => sequence(1, 6) > (acknowledged?.at ?? 0),
  }

  test('is in an older answer as the origin has answered it, and a newer one is handed on', async () => {
    const { over } = overlaid(done)
    expect(await (await over(answered(ROWS), '/api/p', before)).json()).toEqual([
      ROWS[0],
      { id: 2, name: 'Basil', version: 2 },
    ])
    // Another device has changed it since.
    const answer = answered([{ id: 2, name: 'Dill' }])
    expect(await over(answer, '/api/p', after)).toBe(answer)
    const page = new Response('<html>', { headers: { 'content-type': 'text/html' } })
    expect(await over(page, '/api/p', after)).toBe(page)
  })

  test('stays deleted, and stays made', async () => {
    const made = { ...create, done: { at: sequence(1, 5), row: { id: 7, name: 'Salt' } } }
    // Some backends answer with what they have deleted.
    const { over, pending } = overlaid(made, { ...remove, done: { at: sequence(1, 6), row: { id: 1, name: 'Tea' } } })
    pending.map(ADA, 'tmp-1', { id: '7', json: '7' })
    expect(await (await over(answered(ROWS), '/api/p', before)).json()).toEqual([ROWS[1], { id: 7, name: 'Salt' }])
    expect(await (await over(answered([...ROWS, { id: 7, name: 'Salt', vat: 1 }]), '/api/p', before)).json()).toEqual([
      ROWS[1],
      { id: 7, name: 'Salt', vat: 1 },
    ])
  })
})

describe('a create that was sent, and is in the answer already,', () => {
  const known = new Set(['1', '2'])
  const sent = { ...create, known, firstSentAtMs: NOW }
  const twin = { ...sent, ...queued({ place: 2, line: 'POST /api/p', body: { name: 'Salt' }, mints: 'tmp-2' }) }
  const there = { id: 7, name: 'Salt', vat: 1 }

  test('is shown once, and what follows changes that row', async () => {
    const { over, pending } = overlaid(sent)
    const answer = answered([...ROWS, there])
    expect(await over(answer)).toBe(answer)
    pending.put(ADA, queued({ place: 5, line: 'PATCH /api/p/tmp-1', body: { price: 3 } }))
    expect(await (await over(answered([...ROWS, there]))).json()).toEqual([...ROWS, { ...there, price: 3 }])
    pending.put(ADA, queued({ place: 6, line: 'DELETE /api/p/tmp-1' }))
    expect(await (await over(answered([...ROWS, there]))).json()).toEqual(ROWS)
  })

  test('stands for one of two that are equal', async () => {
    const { over } = overlaid(sent, twin)
    const one = await over(answered([...ROWS, there]))
    expect(await one.json()).toEqual([...ROWS, there, { id: 'tmp-2', name: 'Salt' }])
    const answer = answered([...ROWS, there, { ...there, id: 8 }])
    expect(await over(answer)).toBe(answer)
  })

  test('is known by the id that the app has chosen, and not by its members', async () => {
    const chosen = {
      ...sent,
      ...queued({ place: 1, line: 'POST /api/p', body: { id: 'u-1', name: 'Salt' }, mints: 'u-1' }),
    }
    const { over } = overlaid(chosen, queued({ place: 2, line: 'PATCH /api/p/u-1', body: { price: 3 } }))
    const rows = [there, { id: 'u-1', name: 'Salt' }]
    expect(await (await over(answered(rows))).json()).toEqual([there, { id: 'u-1', name: 'Salt', price: 3 }])
  })

  test('is found among rows that are none', async () => {
    const { over } = overlaid(sent)
    const answer = answered([...ROWS, null, 'x', { name: 'Salt' }, there])
    expect(await over(answer)).toBe(answer)
  })

  test('is not taken for a row of an acknowledged one', async () => {
    const { over, pending } = overlaid({ ...sent, done: { at: sequence(1, 5), row: there } }, twin)
    pending.map(ADA, 'tmp-1', { id: '7', json: '7' })
    // Whether or not the answer has that in any case.
    for (const hasWrite of [() => false, () => true])
      expect(await (await over(answered([...ROWS, there]), '/api/p', { hasWrite })).json()).toEqual([
        ...ROWS,
        there,
        { id: 'tmp-2', name: 'Salt' },
      ])
  })

  test.each<[string, Partial<QueuedWrite>, Partial<OverlaidRead>]>([
    ['the row was there before', { known: new Set(['1', '2', '7']) }, {}],
    ['what was there before is not known', { known: undefined }, {}],
    ['the answer was received before it was sent', {}, { receivedAtMs: epochMs(NOW - 1) }],
    ['it was never sent', { firstSentAtMs: undefined }, {}],
  ] as [string, Partial<QueuedWrite>, Partial<OverlaidRead>][])('is not, where %s', async (_, write, read) => {
    const { over } = overlaid({ ...sent, ...write })
    expect(await (await over(answered([...ROWS, there]), '/api/p', read)).json()).toEqual([
      ...ROWS,
      there,
      { id: 'tmp-1', name: 'Salt' },
    ])
  })
})

describe('the list of a collection', () => {
  const rule = { entity: 'p', list: '/api/p', id: ['id'], version: ['updated_at'] }
  const named = queued({ place: 4, line: 'PATCH /api/p/1', body: { name: 'Zinc' } })

  test.each<[string, Partial<CollectionRule>, string[]]>([
    ['by its id', {}, ['Zinc', 'Mint', 'Salt']],
    ['by a member', { order: { path: ['name'], isDescending: false } }, ['Mint', 'Salt', 'Zinc']],
    ['from the highest', { order: { path: ['name'], isDescending: true } }, ['Zinc', 'Salt', 'Mint']],
    ['by a number', { order: { path: ['rank'], isDescending: false } }, ['Mint', 'Zinc', 'Salt']],
    // As in the list itself: what lacks the member comes last.
    ['by a member that a new row lacks', { order: { path: ['at'], isDescending: false } }, ['Mint', 'Zinc', 'Salt']],
  ])('has each row in its place %s', async (_, given, names) => {
    const { over } = overlaid(create, named)
    const rows = ROWS.map((row) => ({ ...row, at: 3 - row.id, rank: row.id === 1 ? 10 : 9 }))
    const answer = await over(answered(rows), '/api/p', { list: collectionList({ ...rule, ...given }) })
    expect(((await answer.json()) as { name: string }[]).map(({ name }) => name)).toEqual(names)
  })

  test('has its shape by the rules, and not by guess', async () => {
    const { over } = overlaid(create, remove)
    const list = collectionList({ ...rule, items: ['data', 'rows'], total: ['n'] })
    const answer = await over(answered({ data: { rows: ROWS, tags: [{ id: 1 }] }, n: 2, next: 'x' }), '/api/p', {
      list,
    })
    expect(await answer.json()).toEqual({
      data: { rows: [ROWS[1], { id: 'tmp-1', name: 'Salt' }], tags: [{ id: 1 }] },
      n: 2,
      next: 'x',
    })
    expect(shownOf(answer)).toBe('shown')
  })

  test('that nothing changes is handed on itself', async () => {
    const { over } = overlaid(rename)
    const answer = answered([
      { id: 2, name: 'Basil' },
      { id: 1, name: 'Tea' },
    ])
    expect(await over(answer, '/api/p', { list: collectionList(rule) })).toBe(answer)
  })
})

describe("a rule's own function", () => {
  const by = (optimistic: Write['optimistic'], given: Partial<Write> = {}) =>
    queuedBy({
      optimistic: optimistic ?? true,
      invalidates: ['/api/p/{id}/count', '/api/till?open=1', 'tag'],
      ...given,
    })

  test('gets what is read, the write, and the URL that is read', async () => {
    const optimistic = vi.fn((cached: unknown) => cached)
    const write = by(optimistic)({ place: 1, line: 'PATCH /api/p/b%2F1?x=1', body: { name: 'Salt' } })
    const { over } = overlaid(write)
    await over(answered(ROWS))
    await over(answered({ n: 1 }), '/api/p/b%2F1/count?x=2')
    await over(answered({ n: 1 }), '/api/till?open=1')
    await over(answered({ n: 1 }), '/api/till')
    const given = { method: 'PATCH', url: `${LIST}/b%2F1?x=1`, params: { id: 'b/1' }, body: { name: 'Salt' } }
    expect(optimistic.mock.calls).toEqual([
      [ROWS, given, { url: LIST }],
      [{ n: 1 }, given, { url: `${LIST}/b%2F1/count?x=2` }],
      [{ n: 1 }, given, { url: `${ORIGIN}/api/till?open=1` }],
    ])
  })

  test('gets the server’s ids once they are known', async () => {
    const optimistic = vi.fn((cached: unknown) => cached)
    const { over, pending } = overlaid(by(optimistic)({ place: 1, line: 'PATCH /api/p/tmp-9', body: { of: 'tmp-9' } }))
    pending.map(ADA, 'tmp-9', { id: '9', json: '9' })
    await over(answered({ n: 1 }), '/api/p/9/count')
    const given = { method: 'PATCH', url: `${LIST}/9`, body: { of: 9 } }
    expect(optimistic.mock.calls).toMatchObject([[{ n: 1 }, given, { url: `${LIST}/9/count` }]])
  })

  test('may change what it is given', async () => {
    const add = (cached: unknown): unknown => Object.assign(cached as object, { n: 2 })
    const { over } = overlaid(by(add)({ place: 1, line: 'PATCH /api/p/1', body: {} }))
    const answer = await over(answered({ n: 1 }), '/api/p/1/count')
    expect([await answer.json(), answer.headers.get('etag')]).toEqual([{ n: 2 }, null])
  })

  test.each<[string, (cached: unknown) => unknown]>([
    [
      'throws',
      (cached) => {
        Object.assign(cached as object, { n: 2 })
        throw new Error('of the app')
      },
    ],
    ['gives a promise', (cached) => Promise.resolve(cached)],
    ['gives what is no JSON', () => 1n],
    ['gives a function', () => () => 1],
  ])('that %s leaves the answer as it is, and its write is named once', async (_, optimistic) => {
    const { over, failed } = overlaid(by(optimistic)({ place: 4, line: 'PATCH /api/p/1', body: {} }))
    for (let time = 0; time < 2; time++) {
      const answer = await over(answered({ n: 1 }), '/api/p/1/count')
      expect([await answer.json(), answer.headers.get('etag'), shownOf(answer)]).toEqual([{ n: 1 }, '"1"', 'not-shown'])
    }
    expect(failed.mock.calls).toEqual([[ADA, 4]])
  })

  test('that throws stops no other write', async () => {
    const throws = (): never => {
      throw new Error('of the app')
    }
    const { over, failed } = overlaid(create, by(throws)({ place: 4, line: 'PATCH /api/p/1', body: {} }), {
      ...rename,
      place: 5,
    })
    const answer = await over(answered(ROWS))
    expect(await answer.json()).toEqual([ROWS[0], { id: 2, name: 'Basil' }, { id: 'tmp-1', name: 'Salt' }])
    expect([shownOf(answer), failed.mock.calls]).toEqual(['not-shown', [[ADA, 4]]])
  })
})

test('a body that cannot be read back is named, and stops no other write', async () => {
  const body = (): Promise<never> => Promise.reject(new Error('it is not there'))
  const { over, failed } = overlaid({ ...create, body }, rename)
  const answer = await over(answered(ROWS))
  expect([await answer.json(), shownOf(answer)]).toEqual([[ROWS[0], { id: 2, name: 'Basil' }], 'not-shown'])
  expect(failed.mock.calls).toEqual([[ADA, 1]])
})

test('a long list is folded with many writes, none of which is lost', async () => {
  const rows = Array.from({ length: 20_000 }, (_, at) => ({ id: at + 1, name: `row ${at + 1}`, text: 'x'.repeat(100) }))
  const known = new Set(rows.map(({ id }) => String(id)))
  const writes = Array.from({ length: 1000 }, (_, at) => {
    const place = at + 1
    if (place % 3 === 0) return queued({ place, line: `DELETE /api/p/${place * 7}` })
    if (place % 3 === 1) return queued({ place, line: `PATCH /api/p/${place * 7}`, body: { name: 'new' } })
    const made = queued({ place, line: 'POST /api/p', body: { name: `made ${place}` }, mints: `tmp-${place}` })
    return { ...made, known, firstSentAtMs: NOW }
  })
  const { over } = overlaid(...writes)
  const answer = await over(answered(rows))
  const folded = (await answer.json()) as { id: number | string; name: string }[]
  expect(folded).toHaveLength(20_000)
  expect(folded.filter(({ name }) => name === 'new')).toHaveLength(334)
  expect(folded.filter(({ id }) => String(id).startsWith('tmp-'))).toHaveLength(333)
})

test('a body that is gone because its write was settled meanwhile is not named', async () => {
  const all = overlaid(rename)
  const body = (): Promise<never> => {
    all.pending.remove(ADA, 1)
    return Promise.reject(new Error('it is not there'))
  }
  all.pending.put(ADA, { ...create, body })
  const answer = await all.over(answered(ROWS))
  expect([await answer.json(), shownOf(answer)]).toEqual([[ROWS[0], { id: 2, name: 'Basil' }], 'shown'])
  expect(all.failed).not.toHaveBeenCalled()
})
