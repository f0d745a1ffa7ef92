import { describe, expect, test } from 'vitest'
import { fakeDatabase, recordsIn } from '../store/fake-database.fixture.ts'
import { epochMs } from '../../core/units.ts'
import type { WriteRecord } from './write-record.ts'

const { OutboxStore } = await import('./outbox-store.ts')
const { newRecord } = await import('./write-record.ts')

const recordOf = (place: number, given: Partial<WriteRecord> = {}): WriteRecord =>
  newRecord({
    place,
    partition: 'user/ada',
    lane: `entity product\n${place}`,
    state: { kind: 'waiting', atMs: epochMs(0), isOnSign: false },
    needs: [],
    rule: 'products',
    method: 'PUT',
    url: `https://app.test/api/products/${place}`,
    fields: [['content-type', 'application/json']],
    stamps: [],
    credentials: 'same-origin',
    body: new TextEncoder().encode('{}').buffer,
    size: 2,
    digest: `${place}`,
    isAnswered: false,
    target: 'row',
    key: `key-${place}`,
    base: { kind: 'none' },
    acceptedAtMs: epochMs(1),
    attempts: 0,
    wasUnsure: false,
    ...given,
  })

async function outbox(name?: string) {
  const database = await fakeDatabase(name)
  let transactions = 0
  let isFull: (value: unknown) => boolean = () => false
  const store = new OutboxStore((mode, work) => {
    if (mode === 'readwrite') transactions++
    return database.use(mode, (records) => {
      const put = records.put.bind(records)
      records.put = (value, key) => {
        if (isFull(value)) throw new DOMException('full', 'QuotaExceededError')
        return put(value, key)
      }
      return work(records)
    })
  })
  return {
    name: database.name,
    store,
    use: database.use,
    transactions: () => transactions,
    fillUp: (is: (value: unknown) => boolean) => (isFull = is),
    add: (given?: Partial<WriteRecord>, body?: ArrayBuffer) =>
      store.change((draft) => {
        const record = recordOf(draft.takePlace(), given)
        draft.put(record, body)
        return record.place
      }),
  }
}

describe('the outbox', () => {
  test('gives 300 writes at once their places in order, in a few transactions', async () => {
    const { add, store, transactions, name } = await outbox()
    const places = await Promise.all(Array.from({ length: 300 }, () => add()))
    expect(places).toEqual(places.map((_, at) => at + 1))
    expect(transactions()).toBeLessThan(5)
    const again = await outbox(name)
    await again.store.load()
    expect([...again.store.writes.values()]).toEqual([...store.writes.values()])
  })

  test('does not give a place twice, also where its counter is lost and the write is gone', async () => {
    const { add, store, use, name } = await outbox()
    await add()
    const last = await add()
    await use('readwrite', async (records) => void records.delete('!next'))
    const other = await outbox(name)
    expect(await other.add()).toBe(last + 1)
    await other.store.change((draft) => draft.remove(last + 1))
    expect(await other.add()).toBe(last + 2)
    expect(store.writes.size).toBe(2)
  })

  test('sees what another worker has written, in the transaction that decides', async () => {
    const one = await outbox()
    const other = await outbox(one.name)
    await one.add()
    await other.store.load()
    const place = await one.add()
    await other.store.change((draft) => {
      const seen = draft.get(place)
      if (seen !== undefined) draft.put({ ...seen, attempts: 1 })
    })
    expect(await one.store.change((draft) => draft.get(place)?.attempts)).toBe(1)
    expect(one.store.writes.get(place)?.attempts).toBe(1)
  })

  test('memory knows what another worker has written once it is told', async () => {
    const one = await outbox()
    const other = await outbox(one.name)
    await other.store.load()
    await one.add()
    expect(other.store.loaded).toBeUndefined()
    other.store.reread()
    await other.store.loaded
    expect(other.store.writes.size).toBe(1)
  })

  test('one write that the disk has no room for takes no other with it', async () => {
    const { add, fillUp, store } = await outbox()
    fillUp((value) => (value as WriteRecord).size === 999)
    const settled = await Promise.allSettled([add(), add({ size: 999 }), add()])
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect([...store.writes.keys()]).toEqual([1, 2])
  })

  test('a work that throws changes nothing, and no other work fails by it', async () => {
    const { add, store } = await outbox()
    const failing = store.change((draft) => {
      draft.put(recordOf(draft.takePlace()))
      throw new Error('no such luck')
    })
    const other = add()
    await expect(failing).rejects.toThrow('no such luck')
    expect(await other).toBe(1)
    expect([...store.writes.keys()]).toEqual([1])
  })

  test('a large body lies beside its record, and goes with it', async () => {
    const { add, store, use } = await outbox()
    const bytes = crypto.getRandomValues(new Uint8Array(50_000)).buffer
    const place = await add({ body: undefined, size: bytes.byteLength }, bytes)
    const record = store.writes.get(place) as WriteRecord
    expect(new Uint8Array((await store.bodyOf(record)) as ArrayBuffer)).toEqual(new Uint8Array(bytes))
    await store.change((draft) => draft.remove(place))
    const left = await recordsIn({
      read: (work) => use('readonly', work),
      write: () => Promise.reject(new Error('no')),
    })
    expect([...left.keys()]).toEqual(['!next'])
    await expect(store.bodyOf(record)).rejects.toThrow('is not there')
  })

  test.each([
    ['of another shape', { ...recordOf(1), shape: 2 }],
    ['of another place', recordOf(7)],
    ['whose state is of no kind', { ...recordOf(1), state: { kind: 'sent' } }],
    ['whose fields are no pairs', { ...recordOf(1), fields: [['a', 1]] }],
    ['whose body is no bytes', { ...recordOf(1), body: 'text' }],
    ['that is no object', 'text'],
  ])('a record %s is kept, told, and stops nothing', async (_, record) => {
    const { use, name } = await outbox()
    await use('readwrite', async (records) => void records.put(record, 'write 0000000000000001'))
    const { add, store } = await outbox(name)
    expect(await add()).toBe(2)
    expect(store.unreadable).toEqual([{ place: 1, record }])
    expect([...store.writes.keys()]).toEqual([2])
    await use('readonly', async (records) => {
      const request = records.get('write 0000000000000001')
      await new Promise((resolve) => request.addEventListener('success', resolve))
      expect(request.result).toEqual(record)
    })
  })
})

test('what another worker writes while the disk is read is read, too', async () => {
  const { name, add } = await outbox()
  await add()
  const { use } = await fakeDatabase(name)
  let meanwhile = async (): Promise<void> => undefined
  const store = new OutboxStore(async (mode, work) => {
    const given = await use(mode, work)
    await meanwhile()
    return given
  })
  meanwhile = async () => {
    meanwhile = async () => undefined
    await add()
    store.reread()
  }
  await store.load()
  expect([...store.writes.keys()]).toEqual([1, 2])
})
