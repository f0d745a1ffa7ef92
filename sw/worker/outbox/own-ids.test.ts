import { beforeEach, describe, expect, test, vi } from 'vitest'
import { outboxWorker, pages } from './outbox.fixture.ts'

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
  pages.clear()
  pages.add('a tab')
})

async function offline() {
  const worker = await outboxWorker()
  const { backend, write, rest, outbox, writes } = worker
  backend.products.set(5, { id: 5, name: 'five', version: 1 })
  return {
    ...worker,
    away: async (method: string, path: string, body: object) => {
      backend.isAway = true
      const made = (await (await write(method, path, body)).json()) as { id: unknown }
      await rest()
      return made.id
    },
    back: () => {
      backend.isAway = false
      return vi.waitFor(async () => {
        await outbox.drain(true)
        expect(await writes()).toEqual([])
      })
    },
  }
}

describe('an id that the app has given to a new row', () => {
  test.each([[5], ['5'], [0], [-1], [null], [''], ['new'], ['tmp-1']])(
    'and that may mean something else is no temporary id: %j',
    async (id) => {
      const { away, back, write, backend, rest } = await offline()
      expect(await away('POST', '/api/products', { id, name: 'tea' })).toMatch(/^tmp-.{36}$/)
      await back()
      expect(backend.received.at(-1)?.body).toBe(JSON.stringify({ id, name: 'tea' }))
      // What has that id is another row.
      await write('PUT', `/api/products/5?page=${String(id)}`, { name: 'edited' })
      await rest()
      expect(backend.received.at(-1)?.path).toBe('/api/products/5')
      expect(backend.products.get(5)?.name).toBe('edited')
    },
  )

  test.each([['0b9b6c5e-5a0c-4a34-9d9e-6f1f8f2f1a11'], [1_796_000_000_000]])(
    'and that no other has is the temporary one: %j',
    async (id) => {
      const { away, back, backend } = await offline()
      expect(await away('POST', '/api/products', { id, name: 'tea' })).toBe(id)
      await away('PUT', `/api/products/${id}`, { name: 'green' })
      await back()
      expect(backend.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'POST /api/products',
        'PUT /api/products/7',
      ])
    },
  )

  test('keeps its writes in order also where it is a small number', async () => {
    const { away, backend, outbox } = await offline()
    await away('POST', '/api/products', { id: 5, name: 'tea' })
    await away('PUT', '/api/products/5', { name: 'green' })
    backend.isAway = false
    const release = backend.hold()
    const drained = vi.waitFor(async () => {
      await outbox.drain(true)
      expect(backend.received.map(({ method }) => method)).toEqual(['POST', 'PUT'])
    })
    await vi.waitFor(() => expect(backend.received.map(({ method }) => method)).toEqual(['POST']))
    release()
    await drained
  })
})
