import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { createFreshness } from './index.ts'

it('works with the fetch of Node over a real connection: conditions, compression, a write, an origin that goes away', async () => {
  const asked: string[] = []
  let price = 10
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request
    asked.push(`${method} ${url} ${headers['if-none-match'] ?? ''}`.trim())
    if (method === 'POST') {
      price++
      return void response.writeHead(201).end()
    }
    const etag = `"${price}"`
    response.setHeader('etag', etag).setHeader('content-type', 'application/json')
    if (headers['if-none-match'] === etag) return void response.writeHead(304).end()
    response.end(JSON.stringify({ price }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const freshness = createFreshness(
    {
      version: '1',
      identity: 'none',
      routes: [
        { match: '/api/products/:id', fresh: '5m', offline: '7d', tags: ['products'] },
        { match: `GET ${origin}/api/validated`, fresh: 0, offline: '7d' },
      ],
      writes: [{ match: 'POST /api/sales', invalidates: ['products'] }],
    },
    { origin },
  )
  const get = freshness.wrap(globalThis.fetch)
  const read = async (path: string): Promise<unknown> => (await get(origin + path)).json()
  expect(await read('/api/products/1')).toEqual({ price: 10 })
  expect(await read('/api/products/1')).toEqual({ price: 10 })
  expect(asked.splice(0)).toEqual(['GET /api/products/1'])
  await read('/api/validated')
  expect(await read('/api/validated')).toEqual({ price: 10 })
  expect(asked.splice(0)).toEqual(['GET /api/validated', 'GET /api/validated "10"'])
  const sold = await get(`${origin}/api/sales`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  expect(sold.status).toBe(201)
  expect(await read('/api/products/1')).toEqual({ price: 11 })
  expect(asked.splice(0)).toEqual(['POST /api/sales', 'GET /api/products/1 "10"'])
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const away = await get(`${origin}/api/validated`)
  expect(away.headers.get('cache-status')).toContain('detail=offline')
  expect(await away.json()).toEqual({ price: 10 })
  await expect(get(`${origin}/other`)).rejects.toThrow('fetch failed')
})
