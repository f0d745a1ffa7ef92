import { afterEach, describe, expect, test, vi } from 'vitest'
import { closeAll, FRAMEWORKS } from './frameworks.fixture.ts'
import { type Handler, nativeRequest } from './handler.ts'

afterEach(closeAll)

/** The user that other middleware has found. */
function userOf(request: Request): unknown {
  const native = nativeRequest(request) as { user?: unknown; get?: (name: string) => unknown }
  return native.user ?? native.get?.('user')
}

vi.spyOn(console, 'error').mockImplementation(() => undefined)

describe.each(Object.keys(FRAMEWORKS))('a handler in %s', (name) => {
  const at = (handler: Handler): Promise<string> => FRAMEWORKS[name]?.(handler) ?? Promise.reject(new Error(name))

  test('gets the request as it was sent, and the user of the framework', async () => {
    const url = await at((request) =>
      Response.json({
        method: request.method,
        path: new URL(request.url).pathname + new URL(request.url).search,
        field: request.headers.get('x-own'),
        user: userOf(request),
      }),
    )
    const response = await fetch(`${url}/api/kit/rows?since=a%2Fb&x=1`, { headers: { 'x-own': 'this' } })
    expect(await response.json()).toEqual({
      method: 'GET',
      path: '/api/kit/rows?since=a%2Fb&x=1',
      field: 'this',
      user: 'ada',
    })
  })

  test('is asked at the path itself, too', async () => {
    const url = await at((request) => new Response(new URL(request.url).pathname))
    expect(await (await fetch(`${url}/api/kit?entities=a`)).text()).toBe('/api/kit')
  })

  test('gets a body of JSON, whichever middleware has parsed it', async () => {
    const url = await at(async (request) => Response.json(await request.json()))
    const body = { entity: 'products', ids: ['1', 'ü'] }
    const response = await fetch(`${url}/api/kit/rows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(await response.json()).toEqual(body)
  })

  test('gives status, fields and cookies', async () => {
    const headers = new Headers({ etag: '"a"', 'retry-after': '7' })
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2')
    const url = await at(() => new Response('too many', { status: 429, headers }))
    const response = await fetch(`${url}/api/kit/x`)
    expect([response.status, await response.text()]).toEqual([429, 'too many'])
    expect(response.headers.get('etag')).toBe('"a"')
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2'])
    if (name === 'Fastify') expect(response.headers.get('x-hook')).toBe('kept')
  })

  test('gives a 304 without a body, and HEAD', async () => {
    const url = await at((request) =>
      request.method === 'HEAD'
        ? new Response(null, { headers: { etag: '"h"' } })
        : new Response(null, { status: 304, headers: { etag: '"a"' } }),
    )
    const response = await fetch(`${url}/api/kit/x`)
    expect([response.status, await response.text()]).toEqual([304, ''])
    expect((await fetch(`${url}/api/kit/x`, { method: 'HEAD' })).headers.get('etag')).toBe('"h"')
  })

  test('streams, and hears that its client has gone', async () => {
    let isOver = false
    const url = await at(
      (request) =>
        new Response(
          new ReadableStream({
            start(stream) {
              stream.enqueue(new TextEncoder().encode('data: 1\n\n'))
              request.signal.addEventListener('abort', () => (isOver = true))
            },
            cancel: () => void (isOver = true),
          }),
          { headers: { 'content-type': 'text/event-stream' } },
        ),
    )
    const leave = new AbortController()
    const response = await fetch(`${url}/api/kit/x`, { signal: leave.signal })
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(new TextDecoder().decode(value)).toBe('data: 1\n\n')
    leave.abort()
    await vi.waitFor(() => expect(isOver).toBe(true))
  })

  test('that throws is a 500, and the server goes on', async () => {
    let isBroken = true
    const url = await at(() => {
      if (isBroken) throw new Error('no database')
      return new Response('fine')
    })
    expect((await fetch(`${url}/api/kit/x`)).status).toBe(500)
    isBroken = false
    expect(await (await fetch(`${url}/api/kit/x`)).text()).toBe('fine')
  })
})

test('a request that no adapter has made has no other', () => {
  expect(nativeRequest(new Request('http://shop.invalid/'))).toBeUndefined()
})
