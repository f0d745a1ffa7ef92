import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { exportOutbox } from './export-outbox.ts'

const keep = vi.fn(() => Promise.resolve())

afterEach(() => {
  vi.unstubAllGlobals()
  keep.mockClear()
})

/** Makes a database of what is opened, unless that is given up; the browser says then that it was aborted. */
function opening(): EventTarget {
  const abort = (): void => void request.dispatchEvent(new Event('error'))
  const request = Object.assign(new EventTarget(), { error: new Error('AbortError'), transaction: { abort } })
  queueMicrotask(() => request.dispatchEvent(new Event('upgradeneeded')))
  return request
}

describe('where there never was an outbox', () => {
  it('nothing is handed over on a server, which has no database of a browser', async () => {
    expect(await exportOutbox(keep)).toBe(0)
    expect(keep).not.toHaveBeenCalled()
  })

  it('none is opened, for an engine may keep what was opened in vain', async () => {
    const open = vi.fn(opening)
    vi.stubGlobal('indexedDB', { databases: () => Promise.resolve([{ name: 'of the app', version: 1 }]), open })
    expect(await exportOutbox(keep)).toBe(0)
    expect(open).not.toHaveBeenCalled()
    expect(keep).not.toHaveBeenCalled()
  })

  it('nothing is handed over in an engine that does not list its databases', async () => {
    vi.stubGlobal('indexedDB', { open: opening })
    expect(await exportOutbox(keep)).toBe(0)
    expect(keep).not.toHaveBeenCalled()
  })
})

describe('of the outboxes that the browser lists', () => {
  const listed = ['freshlayer-outbox-v1 /', 'freshlayer-outbox-v1 /shop/', 'freshlayer-outbox-v1 /shop/till/', 'other']

  it.each<[rule: string, pathname: string, scope: string | undefined, opened: string[]]>([
    ['that of the longest scope the page is in is opened', '/shop/a', undefined, ['freshlayer-outbox-v1 /shop/']],
    ['a scope that only begins as the path does is none', '/shopping', undefined, ['freshlayer-outbox-v1 /']],
    ['that of the scope given is opened', '/shop/till/', '../', ['freshlayer-outbox-v1 /shop/']],
    ['none is opened where the scope given has none', '/shop/', '/elsewhere/', []],
  ])('%s', async (_rule, pathname, scope, opened) => {
    const open = vi.fn<(name: string) => EventTarget>(opening)
    vi.stubGlobal('location', { pathname })
    vi.stubGlobal('document', { baseURI: `https://app.test${pathname}` })
    vi.stubGlobal('indexedDB', { databases: () => Promise.resolve(listed.map((name) => ({ name, version: 1 }))), open })
    expect(await exportOutbox(keep, scope === undefined ? {} : { scope })).toBe(0)
    expect(open.mock.calls.flat()).toEqual(opened)
  })
})

it('a large body, which lies beside its write, is handed over with it, and deleted with it', async () => {
  const indexedDB = new IDBFactory()
  vi.stubGlobal('indexedDB', indexedDB)
  vi.stubGlobal('IDBKeyRange', IDBKeyRange)
  vi.stubGlobal('location', { pathname: '/' })
  const db = await new Promise<IDBDatabase>((resolve) => {
    const request = indexedDB.open('freshlayer-outbox-v1 /')
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore('records'))
    request.addEventListener('success', () => resolve(request.result))
  })
  const records = (): IDBObjectStore => db.transaction('records', 'readwrite').objectStore('records')
  const body = new ArrayBuffer(9000)
  const store = records()
  for (const [key, value] of [
    ['write 01', { size: 2 }],
    ['write 02', { size: 9000 }],
    ['body 02', body],
    ['done 00', {}],
  ] as const)
    store.put(value, key)
  const kept: unknown[] = []
  expect(await exportOutbox(async (writes) => void kept.push(...writes))).toBe(2)
  expect(kept).toEqual([
    { key: 'write 01', record: { size: 2 } },
    { key: 'write 02', record: { size: 9000 }, body },
  ])
  const left = await new Promise<unknown>((resolve) => {
    const request = records().getAllKeys()
    request.addEventListener('success', () => resolve(request.result))
  })
  expect(left).toEqual(['done 00'])
  db.close()
})

it('a keeper that is no function is refused at once', async () => {
  await expect(exportOutbox(undefined as never)).rejects.toThrow(
    'freshlayer: exportOutbox() takes a function that keeps the writes',
  )
})
