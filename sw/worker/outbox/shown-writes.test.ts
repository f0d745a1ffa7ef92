import { expect, test, vi } from 'vitest'
import { type Config, compileRules, matcherOf } from '../../../config/language/index.ts'
import { RETRY } from '../../core/outbox/backoff.ts'
import { epochMs } from '../../core/units.ts'
import { fakeDatabase } from '../store/fake-database.fixture.ts'
import type { WriteRecord } from './write-record.ts'

const HOME = 'https://app.test'
vi.stubGlobal('location', new URL(HOME))
const { alikeAmong, wholeRows } = await import('./alike-in.ts')
const { OutboxStore } = await import('./outbox-store.ts')
const { Overlay } = await import('./overlay.ts')
const { settle } = await import('./settle.ts')
const { ShownWrites } = await import('./shown-writes.ts')
const { newRecord } = await import('./write-record.ts')

const ADA = 'user/ada'
const NOW = epochMs(1_800_000_000_000)
const CONFIG: Config = {
  version: '1',
  identity: 'none',
  routes: [],
  writes: [
    {
      match: ['POST /api/p', 'PUT /api/p/:id', 'DELETE /api/p/:id', 'POST /api/p/:id/parts'],
      offline: 'queue',
      entity: 'p',
      idempotent: true,
    },
    { match: 'POST /api/q' },
    {
      match: 'POST /api/till/:id',
      offline: 'queue',
      idempotent: true,
      invalidates: ['/api/till/{id}/open'],
      optimistic: (cached) => ({ ...(cached as object), isOpen: true }),
    },
  ],
}
const ROWS = [
  { id: 1, name: 'Tea' },
  { id: 2, name: 'Mint' },
]

async function outbox(name?: string) {
  const { use, name: itsName } = await fakeDatabase(name)
  const store = new OutboxStore(use)
  await store.load()
  const match = matcherOf(compileRules(CONFIG))
  const shown = new ShownWrites({ store, match })
  const failed = vi.fn<(partition: string, place: number) => void>()
  const overlay = new Overlay({ writes: shown, failed })
  const [write] = compileRules(CONFIG).writes
  const queue = write?.queue
  if (queue === undefined) throw new Error('the rule queues')
  return {
    name: itsName,
    store,
    /** Another worker with the same disk. */
    use: async () => new OutboxStore((await fakeDatabase(itsName)).use),
    failed,
    shown,
    /** `PUT /api/p/1`. */
    add: (line: string, json?: object, given: Partial<WriteRecord> = {}) => {
      const [method = '', path = ''] = line.split(' ')
      const bytes = json && new TextEncoder().encode(JSON.stringify(json)).buffer
      const id = given.mints ?? /\/p\/([^/]+)$/.exec(path)?.[1]
      const isLarge = bytes !== undefined && bytes.byteLength > 1000
      return store.change((draft) => {
        const place = draft.takePlace()
        const record = newRecord({
          place,
          partition: ADA,
          lane: `entity p\n${id ?? place}`,
          state: { kind: 'waiting', atMs: NOW, isOnSign: false },
          needs: [],
          rule: 'p',
          method,
          url: HOME + path,
          fields: [['content-type', 'application/json']],
          stamps: [],
          credentials: 'same-origin',
          body: isLarge ? undefined : bytes,
          size: bytes?.byteLength ?? 0,
          digest: String(place),
          isAnswered: true,
          target: path.endsWith('/p') || path.endsWith('parts') ? 'list' : 'row',
          key: `key ${place}`,
          base: { kind: 'none' },
          acceptedAtMs: NOW,
          attempts: 0,
          wasUnsure: false,
          ...(id !== undefined && { id }),
          ...given,
        })
        draft.put(record, isLarge ? bytes : undefined)
        return place
      })
    },
    /** The origin answers a write. */
    acknowledge: (place: number, status: number, json?: object, fields: readonly (readonly [string, string])[] = []) =>
      store.change((draft) => {
        const found = draft.get(place)
        if (found === undefined) throw new Error('there is no such write')
        const leased = { ...found, state: { kind: 'leased', worker: 'w', untilMs: NOW } } as const
        draft.put(leased)
        const given = { kind: 'response', status, fields: new Map(fields), isRedirected: false } as const
        const text = json && JSON.stringify(json)
        const attempt = {
          write: leased,
          given,
          text,
          mayTell: () => false,
          isConditional: false,
          canWitness: false,
          missed: undefined,
        }
        return settle(draft, attempt, queue, RETRY, NOW).kind
      }),
    read: async (path: string, rows: unknown = ROWS, requestedAtMs = NOW - 1) => {
      const hasWrite = ({ done }: { readonly done?: { readonly at: number } }): boolean =>
        requestedAtMs > (done?.at ?? 0)
      const read = { partition: ADA, url: HOME + path, method: 'GET', hasWrite, receivedAtMs: undefined }
      const answer = await (overlay.alone(read) ?? overlay.over(Response.json(rows), read))
      return answer?.json() as unknown
    },
  }
}

test('reads show what is queued, and what is settled as long as they are older', async () => {
  const { add, acknowledge, read, store } = await outbox()
  const made = await add('POST /api/p', { name: 'Salt' }, { mints: 'tmp-1' })
  const renamed = await add('PUT /api/p/1', { name: 'Zinc' })
  const later = await add('PUT /api/p/tmp-1', { price: 3 }, { needs: ['tmp-1'] })
  expect(await read('/api/p')).toEqual([{ id: 1, name: 'Zinc' }, ROWS[1], { id: 'tmp-1', name: 'Salt', price: 3 }])
  expect(await read('/api/p/tmp-1')).toEqual({ id: 'tmp-1', name: 'Salt', price: 3 })
  expect(await acknowledge(made, 201, { data: { id: 7, name: 'Salt', vat: 1 } })).toBe('acknowledged')
  const salt = { id: 7, name: 'Salt', vat: 1, price: 3 }
  expect(await read('/api/p')).toEqual([{ id: 1, name: 'Zinc' }, ROWS[1], salt])
  expect(await read('/api/p/7', { id: 7, name: 'Salt', vat: 1 })).toEqual(salt)
  // Nothing comes back of it, and what was sent stands for it.
  await acknowledge(renamed, 204)
  expect(await read('/api/p')).toEqual([{ id: 1, name: 'Zinc' }, ROWS[1], salt])
  expect(await read('/api/p', ROWS, NOW + 1)).toEqual([...ROWS])
  await acknowledge(later, 200, { id: 7, name: 'Salt', price: 3 })
  expect(await read('/api/p', ROWS, NOW + 1)).toEqual(ROWS)
  await store.change((draft) => {
    for (const place of [made, renamed, later]) draft.removeDone(place)
  })
  expect(await read('/api/p')).toEqual(ROWS)
})

test('a dead letter leaves what is read, and comes back when it is sent once more', async () => {
  const { add, read, store } = await outbox()
  const place = await add('DELETE /api/p/1')
  const become = (state: WriteRecord['state']): Promise<void> =>
    store.change((draft) => {
      const found = draft.get(place)
      if (found !== undefined) draft.put({ ...found, state })
    })
  expect(await read('/api/p')).toEqual([ROWS[1]])
  await become({ kind: 'dead', why: '422' })
  expect(await read('/api/p')).toEqual(ROWS)
  await become({ kind: 'asking', why: 'conflict' })
  expect(await read('/api/p')).toEqual([ROWS[1]])
  await store.change((draft) => draft.remove(place))
  expect(await read('/api/p')).toEqual(ROWS)
})

test('another worker shows the same, large bodies and the server’s ids among it', async () => {
  const one = await outbox()
  const text = 'x'.repeat(2000)
  await one.acknowledge(await one.add('POST /api/p', { name: 'Salt' }, { mints: 'tmp-1' }), 201, {
    id: 7,
    name: 'Salt',
  })
  await one.add('PUT /api/p/tmp-1', { text }, { needs: ['tmp-1'] })
  await one.add('POST /api/p/tmp-1/parts', { of: 'tmp-1' }, { needs: ['tmp-1'], mints: 'tmp-2' })
  const other = await outbox(one.name)
  expect(await other.read('/api/p')).toEqual([...ROWS, { id: 7, name: 'Salt', text }])
  expect(await other.read('/api/p/7/parts', [])).toEqual([{ id: 'tmp-2', of: 7 }])
  expect(other.failed).not.toHaveBeenCalled()
})

test('a create that was performed and whose answer was lost is shown once', async () => {
  const { add, read, store } = await outbox()
  const stored = {
    fields: new Map(),
    status: 200,
    url: `${HOME}/api/p`,
    body: new Blob([JSON.stringify([...ROWS, null])]),
  }
  const body = new TextEncoder().encode(JSON.stringify({ name: 'Tea' })).buffer
  const alike = alikeAmong((await wholeRows(stored)) ?? [], {
    body,
    type: 'application/json',
    idMember: 'id',
    compared: undefined,
    entity: 'p',
  })
  expect(alike).toEqual(['1'])
  const place = await add(
    'POST /api/p',
    { name: 'Tea' },
    { mints: 'tmp-1', firstSentAtMs: NOW, wasUnsure: true, ...(alike && { alike }) },
  )
  expect(await read('/api/p')).toEqual([...ROWS, { id: 'tmp-1', name: 'Tea' }])
  expect(await read('/api/p', [...ROWS, { id: 7, name: 'Tea', vat: 1 }])).toEqual([
    ...ROWS,
    { id: 7, name: 'Tea', vat: 1 },
  ])
  expect(store.writes.get(place)?.alike).toEqual(['1'])
})

test.each<[string, { body?: string; status?: number; search?: string; sent?: string }]>([
  ['is no list', { body: '{"a":1}' }],
  ['is no JSON', { body: '<html>' }],
  ['is a part', { search: '?page=1' }],
  ['says that there is more', { body: '{"items":[{"id":1}],"total":2}' }],
  ['is compared with what is no JSON', { sent: 'x' }],
])(
  'what is alike before is not known where the stored list %s',
  async (_, { body = '[]', status = 200, search = '', sent = '{}' }) => {
    const stored = { fields: new Map(), status, url: `${HOME}/api/p${search}`, body: new Blob([body]) }
    const given = {
      body: new TextEncoder().encode(sent).buffer,
      type: 'application/json',
      idMember: 'id',
      compared: undefined,
      entity: 'p',
    }
    const rows = await wholeRows(stored)
    expect(rows && alikeAmong(rows, given)).toBeUndefined()
  },
)

test('what an answer says of a write is what is shown of it', async () => {
  const { add, acknowledge, read, shown } = await outbox()
  const place = await add('PUT /api/p/1', { name: 'Zinc' })
  await acknowledge(place, 200, { p: { id: 1, name: 'Zinc', vat: 1 } }, [['freshlayer-position', 'p7']])
  expect(await read('/api/p')).toEqual([{ id: 1, name: 'Zinc', vat: 1 }, ROWS[1]])
  const [first] = shown.of(ADA)?.at(`${HOME}/api/p`) ?? []
  expect(first?.write.done).toEqual({ at: NOW, position: 'p7', row: { id: 1, name: 'Zinc', vat: 1 } })
})

test('a function of a rule is called for what the rule invalidates', async () => {
  const { add, read } = await outbox()
  await add('POST /api/till/7', {}, { target: 'other' })
  expect(await read('/api/till/7/open', { n: 1 })).toEqual({ n: 1, isOpen: true })
})

test('what the rules do not queue any more is not shown', async () => {
  const { add, read } = await outbox()
  await add('POST /api/q', { name: 'Salt' }, { mints: 'tmp-1', target: 'list' })
  await add('POST /api/r', { name: 'Salt' }, { mints: 'tmp-2', target: 'list' })
  expect([await read('/api/q'), await read('/api/r')]).toEqual([ROWS, ROWS])
})

test('of 10,000 that wait, a read after a change looks at what was changed', async () => {
  const { store, shown, add, acknowledge, use } = await outbox()
  await Promise.all(
    Array.from({ length: 10_000 }, (_, at) => add('POST /api/p', { name: `${at}` }, { mints: `tmp-${at}` })),
  )
  expect(shown.of(ADA)?.at(`${HOME}/api/p`)).toHaveLength(10_000)
  const looked = vi.spyOn(store, 'idOf')
  const [first = 0] = store.writes.keys()
  await acknowledge(first, 201, { id: 7, name: '0' })
  expect(shown.of(ADA)?.idFor('tmp-0')?.id).toBe('7')
  await add('POST /api/p', { name: 'more' }, { mints: 'tmp-more' })
  expect(shown.of(ADA)?.at(`${HOME}/api/p`)).toHaveLength(10_001)
  expect(looked.mock.calls.length).toBeLessThan(10)
  // What another worker has done is not known by its changes.
  const other = await use()
  await other.change((draft) => void [...draft.writes()].slice(0, 5000).map(({ place }) => draft.remove(place)))
  store.reread()
  await store.load()
  expect(shown.of(ADA)?.at(`${HOME}/api/p`)).toHaveLength(5001)
})
