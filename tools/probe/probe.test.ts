import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { compileRules, type Config } from '../../config/language/index.ts'
import { idIn } from './addresses.ts'
import { probe, type ProbeOptions, type Probed } from './probe.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

/** A backend that answers by path, and what it was asked. */
async function backend(
  answers: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>>,
): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const answer = answers[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else answer(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

const json =
  (body: (request: IncomingMessage) => unknown, fields: Readonly<Record<string, string>> = {}) =>
  (request: IncomingMessage, response: ServerResponse): void => {
    const isSame = fields['etag'] !== undefined && request.headers['if-none-match'] === fields['etag']
    response.writeHead(isSame ? 304 : 200, { 'content-type': 'application/json', ...fields })
    response.end(isSame ? undefined : JSON.stringify(body(request)))
  }

const ask = (routes: Config['routes'], options: ProbeOptions, more: Partial<Config> = {}): Promise<Probed> =>
  probe(compileRules({ version: '1', identity: 'none', routes, ...more }), options)

const codesOf = ({ asked }: Probed): Record<string, string[]> =>
  Object.fromEntries(asked.map(({ url, findings }) => [url, findings.map(({ code }) => code)]))

describe('a probe', () => {
  it('asks for what the rules name, and for what their lists contain, by GET alone', async () => {
    const { url, asked } = await backend({
      '/api/items': json(() => ({ data: { items: [{ itemId: 'a b' }] } }), { etag: '"l"' }),
      '/api/items/a%20b': json(() => ({}), { etag: '"i"' }),
      '/api/items/a%20b/parts': json(() => [7], { etag: '"p"' }),
      '/api/items/a%20b/parts/7': json(() => ({}), { etag: '"q"' }),
      '/api/other/9?view=full': json(() => ({}), { etag: '"o"' }),
    })
    const found = await ask(
      [
        { match: ['/api/items', '/api/items/:itemId', '/api/items/:itemId/parts/:id'], fresh: '1m' },
        { match: '/api/items/:itemId/parts', fresh: '1m' },
        { match: '/api/other/:id', query: { view: 'full' }, fresh: '1m' },
        { match: '/api/more/**', fresh: '1m' },
        { match: 'POST /api/search', fresh: '1m' },
        { match: 'https://elsewhere.test/a', fresh: '1m' },
      ],
      { backend: url, urls: ['/api/other/9?view=full'] },
    )
    expect(codesOf(found)).toEqual({
      '/api/other/9?view=full': [],
      '/api/items': [],
      '/api/items/a%20b': [],
      '/api/items/a%20b/parts/7': [],
      '/api/items/a%20b/parts': [],
    })
    expect(found.unasked.map(({ pattern, why }) => [pattern, why])).toEqual([
      ['/api/more/**', 'give one by --url'],
      ['POST /api/search', 'only GET is asked'],
      ['https://elsewhere.test/a', 'it is of another origin'],
    ])
    expect(asked.filter((line) => !line.startsWith('GET '))).toEqual([])
  })

  it('compares two users, and a page without credentials', async () => {
    const { url } = await backend({
      '/api/me': json(({ headers }) => headers.authorization ?? 'nobody', { vary: 'Authorization' }),
    })
    const routes = [{ match: '/api/me', fresh: '1m' }] as const
    const users = { backend: url, headers: ['Authorization: Bearer 1'], others: ['Authorization: Bearer 2'] }
    expect(codesOf(await ask(routes, users))).toEqual({ '/api/me': ['vary', 'leak', 'no-validator'] })
    expect(codesOf(await ask(routes, users, { identity: { by: ['authorization'] } }))).toEqual({
      '/api/me': ['no-validator'],
    })
  })

  it('looks from the pages of another origin', async () => {
    const { url } = await backend({ '/api/a': json(() => 1, { etag: '"1"', 'access-control-allow-origin': '*' }) })
    const routes = [{ match: '/api/a', fresh: '1m' }] as const
    expect(codesOf(await ask(routes, { backend: url, pages: 'https://app.test' }))).toEqual({
      '/api/a': ['cors-hidden'],
    })
    expect(codesOf(await ask(routes, { backend: url, pages: url }))).toEqual({ '/api/a': [] })
  })

  it('says once of a backend whose every answer says no-cache that the durations decide', async () => {
    const fields = { etag: '"1"', 'cache-control': 'no-cache, private' }
    const { url } = await backend({ '/api/a': json(() => 1, fields), '/api/b': json(() => 2, fields) })
    const found = await ask([{ match: ['/api/a', '/api/b'], fresh: '1m' }], { backend: url })
    expect(codesOf(found)).toEqual({ '/api/a': [], '/api/b': [] })
    expect(found.findings.map(({ code }) => code)).toEqual(['overridden'])
  })

  it('does not wait for the end of an event stream, and says where no head of one comes', async () => {
    const { url } = await backend({
      '/events': (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write('data: 1\n\n')
      },
      // A proxy that hands it on when it has ended.
      '/gathered': (_, response) => {
        response.setHeader('content-type', 'text/event-stream')
        setTimeout(() => response.end('data: 1\n\ndata: 2\n\n'), 800)
      },
      // A proxy that holds all of it back.
      '/held': () => undefined,
    })
    const patience = { answerMs: 2000, streamMs: 2000 }
    const found = await ask([], { backend: url, urls: ['/events', '/gathered', '/held'], patience })
    expect(codesOf(found)).toEqual({ '/events': [], '/gathered': ['stream-buffered'], '/held': ['no-answer'] })
  })

  it.each([
    [{ backend: 'localhost:3000' }, /^--probe is localhost:3000: give an address such as /],
    [{ backend: 'http://127.0.0.1:1' }, /^http:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\)/],
    [{ backend: 'http://127.0.0.1:1', headers: ['Bearer x'] }, /^--header has no value of the form 'Name: value'/],
    [{ backend: 'http://127.0.0.1:1', pages: 'app' }, /^--origin is app: give an address/],
  ])('says in one line what keeps it from asking: %j', async (options, line) => {
    await expect(ask([], options)).rejects.toThrow(line)
  })

  it('asks no other origin', async () => {
    const { url } = await backend({})
    await expect(ask([], { backend: url, urls: ['https://elsewhere.test/a'] })).rejects.toThrow(/--url is https/)
  })
})

describe('the name of the first item of a list', () => {
  it.each([
    ['[{"id":7}]', 'id', '7'],
    ['[{"slug":"a"}]', 'id', 'a'],
    ['[{"productId":3,"id":4}]', 'productId', '3'],
    ['[{"id":4}]', 'productId', '4'],
    ['["x"]', 'name', 'x'],
    ['{"meta":{"total":1},"_embedded":{"rows":[{"uuid":"u"}]}}', 'id', 'u'],
    ['[]', 'id', undefined],
    ['{}', 'id', undefined],
    ['<html>', 'id', undefined],
    ['[{"name":null}]', 'name', undefined],
  ])('in %s for :%s', (text, parameter, id) => expect(idIn(text, parameter)).toBe(id))
})

describe('dictionaries', () => {
  const LONG = json(() => 'a'.repeat(1000), { etag: '"l"' })
  const identity = { by: ['authorization'] } as const
  const writes = [{ match: 'POST /api/logout', session: 'sign-out' }] as const
  const routes = [{ match: '/api/orders', fresh: '1m', dictionary: 'until-sign-out' }] as const
  const headers = ['Authorization: Bearer 1']

  it('asks as the layer does, and says where an answer becomes none', async () => {
    const { url } = await backend({
      '/api/a': (request, response) => {
        const isAsked = request.headers['freshlayer-dictionary'] === '1'
        const fields = {
          'use-as-dictionary': 'match="/api/a"',
          // What the browser is told, and what the layer reads.
          'cache-control': 'private, max-age=0, stale-while-revalidate=604800',
          'freshlayer-cache-control': 'private',
        }
        json(() => 'a'.repeat(1000), { etag: '"l"', ...(isAsked && fields) })(request, response)
      },
      '/api/b': LONG,
      '/api/c': LONG,
      '/api/short': json(() => [], { etag: '"s"' }),
    })
    const found = await ask(
      [
        { match: ['/api/a', '/api/b', '/api/short'], fresh: '1m', dictionary: true },
        { match: '/api/c', fresh: '1m' },
      ],
      { backend: url },
    )
    expect(codesOf(found)).toEqual({ '/api/a': [], '/api/b': ['no-dictionary'], '/api/short': [], '/api/c': [] })
  })

  it.each([
    ['fine', { 'clear-site-data': '"cookies", "cache"' }, 204, []],
    ['fine', { 'clear-site-data': '"*"' }, 302, []],
    ['refused', { 'clear-site-data': '"storage"' }, 204, [['problem', 'dictionary-kept']]],
    ['refused', {}, 200, [['problem', 'dictionary-kept']]],
    ['not known', {}, 403, [['warning', 'sign-out-refused']]],
  ])('of a user until sign-out are %s where that answers with %o and %i', async (_what, fields, status, said) => {
    const { url, asked } = await backend({
      '/api/orders': json(() => [], { etag: '"o"' }),
      '/api/logout': (_request, response) => void response.writeHead(status, fields).end(),
    })
    const found = await ask(routes, { backend: url, headers, signOut: true }, { identity, writes })
    expect(found.findings.map(({ severity, code }) => [severity, code])).toEqual(said)
    expect(asked.at(-1)).toBe('POST /api/logout')
  })

  it('sends no sign-out unless that is wanted, and says so', async () => {
    const { url, asked } = await backend({ '/api/orders': json(() => [], { etag: '"o"' }) })
    const found = await ask(routes, { backend: url, headers }, { identity, writes })
    expect(found.findings.map(({ code }) => code)).toEqual(['sign-out-unasked'])
    expect(asked.filter((line) => !line.startsWith('GET '))).toEqual([])
  })
})
