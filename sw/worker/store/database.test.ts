import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { onClose, openStore } from './database.ts'

/** A connection that does nothing. */
class Connection extends EventTarget {
  readonly objectStoreNames = { contains: () => true }
  isClosed = false
  close(): void {
    this.isClosed = true
  }
  transaction(): unknown {
    if (this.isClosed) throw new DOMException('closed', 'InvalidStateError')
    return { objectStore: () => ({ transaction: { db: this } }) }
  }
}

let connections: Connection[]
let told: number
const tell = (): void => void told++

beforeEach(() => {
  connections = []
  told = 0
  onClose.add(tell)
  vi.stubGlobal('indexedDB', {
    open() {
      const result = new Connection()
      const request = Object.assign(new EventTarget(), { result })
      connections.push(result)
      queueMicrotask(() => request.dispatchEvent(new Event('success')))
      return request
    },
  })
})

afterEach(() => {
  onClose.delete(tell)
  vi.unstubAllGlobals()
})

const done = (): Promise<string> => Promise.resolve('done')

describe('a connection that is closed under us', () => {
  for (const event of ['close', 'versionchange']) {
    it(`is told of at once, and the next use opens another: ${event}`, async () => {
      const store = openStore('of a test', 'relaxed')
      expect(await store('readonly', done)).toBe('done')
      expect(await store('readonly', done)).toBe('done')
      expect([connections.length, told]).toEqual([1, 0])
      connections[0]?.dispatchEvent(new Event(event))
      expect(told).toBe(1)
      expect(await store('readonly', done)).toBe('done')
      expect([connections.length, told]).toEqual([2, 1])
    })
  }

  it('before it was of use is not told of: its readers would read anew for ever', async () => {
    const store = openStore('of a test', 'relaxed')
    const read = store('readonly', async () => {
      connections[0]?.dispatchEvent(new Event('close'))
      return done()
    })
    expect(await read).toBe('done')
    expect(told).toBe(0)
  })

  it('makes way for a deletion', async () => {
    await openStore('of a test', 'relaxed')('readonly', done)
    connections[0]?.dispatchEvent(new Event('versionchange'))
    expect(connections[0]?.isClosed).toBe(true)
  })

  it('is opened again where the browser has not said so', async () => {
    const store = openStore('of a test', 'relaxed')
    await store('readonly', done)
    connections[0]?.close()
    expect(await store('readonly', done)).toBe('done')
    expect(connections.length).toBe(2)
  })
})
