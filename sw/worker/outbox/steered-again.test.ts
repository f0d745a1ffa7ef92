import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Backend, CONFIG, type Given, outboxWorker, pages } from './outbox.fixture.ts'

const [RULE] = CONFIG.writes ?? []
const configOf = (rule: object): never => ({ ...CONFIG, writes: [{ ...RULE, ...rule }] }) as never
/** Of a backend that honours no key, and performs nothing later than 20 ms after it was asked. */
const WITNESS = configOf({ idempotent: false, witness: { after: '20ms' } })
const TEA = { name: 'tea' }
const COFFEE = { name: 'coffee' }

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: false })
  pages.clear()
  pages.add('a tab')
})

let stop = (): void => undefined
afterEach(() => {
  stop()
  vi.useRealTimers()
})

const bytesOf = (value: unknown): ArrayBuffer => new TextEncoder().encode(JSON.stringify(value)).buffer

/** The list as it is stored: what the backend has now. */
function storedOf({ products }: Backend): (url: string) => unknown[] {
  const body = bytesOf([...products.values()])
  const { byteLength: size } = body
  return (url) =>
    url.endsWith('/api/products') ? [{ url, status: 200, fields: new Map(), requestedAtMs: 1, size, body }] : []
}

/** A create that was refused with 422. */
async function refused(given: Given = {}, backend = new Backend()) {
  const rows = storedOf(backend)
  const worker = await outboxWorker({ backend, rows, ...given })
  ;({ stop } = worker)
  backend.faults.push(422)
  await worker.write('POST', '/api/products', TEA)
  await worker.rest()
  const is = (kind: string) =>
    vi.waitFor(async () => {
      await worker.outbox.drain(true)
      expect((await worker.writes()).map(({ state }) => state.kind)).toEqual(kind === '' ? [] : [kind])
    }, 5000)
  await is('dead')
  return {
    ...worker,
    is,
    retry: () => worker.ask({ ask: 'steer-outbox', place: 1, how: 'retry' }),
    edit: (to: unknown) => worker.ask({ ask: 'steer-outbox', place: 1, how: 'edit', body: bytesOf(to) }),
  }
}

const unkeyed = (products: readonly string[] = []): Backend => {
  const backend = new Backend()
  backend.honoursKeys = false
  for (const [at, name] of products.entries()) backend.products.set(at + 1, { id: at + 1, name, version: 1 })
  return backend
}

describe('a refused create that the user has sent again', () => {
  test('and whose next answer is lost keeps its key, though something refuses it then', async () => {
    const { retry, is, backend } = await refused()
    backend.faults.push('cut', 422)
    await retry()
    await is('dead')
    await retry()
    await is('')
    expect(backend.products.size).toBe(1)
  })

  test('keeps its key where the next refusal is another one: that is none that an origin has kept', async () => {
    const { retry, is, backend } = await refused()
    backend.faults.push(403)
    await retry()
    await is('dead')
    expect(backend.received).toHaveLength(2)
  })

  test('is sent once where the backend honours no key', async () => {
    const { retry, is, backend } = await refused({ config: WITNESS }, unkeyed())
    backend.faults.push(422)
    await retry()
    await is('dead')
    expect(backend.received).toHaveLength(2)
  })

  test('is not sent where its row is there by then: the browser may have sent it twice by itself', async () => {
    const { retry, is, backend } = await refused({ config: WITNESS }, unkeyed())
    backend.products.set(30, { id: 30, name: 'tea', version: 1 })
    await retry()
    await is('asking')
    expect(backend.received).toHaveLength(1)
    // The user says that it is another row.
    await retry()
    await is('')
    expect(backend.products.size).toBe(2)
  })

  test('is sent though an equal row was there before', async () => {
    const { retry, is, backend } = await refused({ config: WITNESS }, unkeyed(['tea']))
    await retry()
    await is('')
    expect(backend.products.size).toBe(2)
  })
})

describe('a create that the user has sent again, whose answer is lost then, at a backend that honours no key', () => {
  test('is not taken for the row of another device, though the list is no whole one before it is sent', async () => {
    const { retry, is, backend } = await refused({ config: WITNESS }, unkeyed())
    backend.products.set(30, { id: 30, name: 'tea', version: 1 })
    backend.readFaults.push(
      new Response('[]', { headers: { 'content-type': 'application/json', link: '</?page=2>; rel="next"' } }),
    )
    backend.faults.push('away')
    await retry()
    await is('asking')
    expect(backend.products.size).toBe(1)
  })
})

describe('a create of another body, whose answer is lost, at a backend that honours no key', () => {
  test('is not taken for an equal row that was there before, though the user has mended it a moment ago', async () => {
    const { edit, is, backend } = await refused({ config: WITNESS }, unkeyed(['coffee']))
    backend.faults.push('away')
    await edit(COFFEE)
    await is('')
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['coffee', 'coffee'])
  })

  test('nor where two writes were put together', async () => {
    const backend = unkeyed(['coffee'])
    const config = configOf({ idempotent: false, witness: { after: '20ms' }, coalesce: true })
    const rows = storedOf(backend)
    const partitionsOf = () => Promise.resolve(pages.has('a tab') ? ['user/ada'] : [])
    const identity = { partitionOf: () => 'user/ada', partitionsOf, credentialsOf: () => Promise.resolve(undefined) }
    const worker = await outboxWorker({ backend, config, rows, identity })
    ;({ stop } = worker)
    const { write, rest, outbox, writes } = worker
    pages.clear()
    const { id } = (await (await write('POST', '/api/products', TEA)).json()) as { id: string }
    await write('PATCH', `/api/products/${id}`, COFFEE)
    await rest()
    pages.add('a tab')
    backend.faults.push('away')
    await vi.waitFor(async () => {
      await outbox.drain(true)
      expect(await writes()).toEqual([])
    }, 5000)
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['coffee', 'coffee'])
  })
})

test('the answer to what a write was before the user has mended it says nothing of what it is', async () => {
  const config = configOf({ idempotent: false, witness: false })
  const backend = unkeyed()
  const slow = await outboxWorker({ config, backend })
  const release = backend.hold()
  await slow.write('POST', '/api/products', TEA)
  const drained = slow.outbox.drain(true)
  await vi.waitFor(() => expect(backend.received).toHaveLength(1))
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
  const other = await outboxWorker({ config, backend, database: slow.name })
  const asks = () =>
    vi.waitFor(async () => {
      await other.outbox.drain(true)
      other.outbox.reread()
      expect((await other.writes()).map(({ state }) => state.kind)).toEqual(['asking'])
    })
  await asks()
  backend.faults.push('away')
  await other.ask({ ask: 'steer-outbox', place: 1, how: 'edit', body: bytesOf(COFFEE) })
  await vi.waitFor(() => expect(backend.received).toHaveLength(2))
  await asks()
  release()
  await drained
  await asks()
  slow.stop()
  other.stop()
})

describe('a create that waits, and whose last answer was lost', () => {
  /** It was performed. */
  async function lost(config: never, backend: Backend) {
    const worker = await outboxWorker({ backend, config, rows: storedOf(backend) })
    ;({ stop } = worker)
    vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
    backend.faults.push('cut')
    expect((await worker.write('POST', '/api/products', TEA)).status).toBe(202)
    const state = (await worker.writes())[0]?.state
    const steer = (how: 'retry' | 'edit') =>
      worker.ask({ ask: 'steer-outbox', place: 1, how, ...(how === 'edit' && { body: bytesOf(COFFEE) }) })
    const settled = () =>
      vi.waitFor(async () => {
        await worker.outbox.drain(true)
        expect(await worker.writes()).toEqual([])
      }, 5000)
    return { ...worker, steer, settled, state }
  }

  test('is looked for, and not sent blindly, though the user wants it to be sent now', async () => {
    const { steer, settled, backend, state } = await lost(WITNESS, unkeyed())
    expect(state?.kind).toBe('unsure')
    expect(await steer('retry')).toEqual({ isDone: true })
    await settled()
    expect(backend.received).toHaveLength(1)
  })

  test.each([
    ['keys', configOf({}), new Backend()],
    ['a witness', WITNESS, unkeyed()],
  ])('cannot be mended before that is known: it would be there twice, with %s', async (_, config, backend) => {
    const { steer, settled } = await lost(config, backend)
    expect(await steer('edit')).toEqual({ isDone: false })
    await settled()
    expect([...backend.products.values()].map(({ name }) => name)).toEqual(['tea'])
  })
})
