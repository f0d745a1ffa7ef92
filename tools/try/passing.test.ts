import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it, vi } from 'vitest'
import { KeptFiles } from './kept-files.ts'
import { answerOf, closed, DOCUMENT, opened, proxied } from './proxied.fixture.ts'
import { SessionUsers } from '../suggest/session-users.ts'

const PAGE = '<!doctype html><html><head><title>é</title></head><body>x</body></html>'
const TAGGED = PAGE.replace(
  '<head>',
  '<head><script type="module" src="/__freshlayer/strip.js" data-freshlayer></script>',
)

describe('a request', () => {
  it('reaches the origin with its method, its path, its fields and its body', async () => {
    const seen: unknown[] = []
    const { url, originUrl, port } = await proxied((from, to) => {
      const { method, headers } = from
      from.setEncoding('utf8')
      let body = ''
      from.on('data', (text: string) => (body += text))
      from.on('end', () => {
        seen.push([method, from.url, headers.host, headers.origin, headers.referer, headers['x-own'], body])
        to.writeHead(201, { location: `${originUrl}/made` }).end()
      })
    })
    const headers = { origin: url, referer: `${url}/page`, 'x-own': '1' }
    const { status, headers: fields } = await answerOf(`${url}/a%2Fb?c=d&c=e`, { method: 'PATCH', headers }, 'text')
    expect(seen).toEqual([
      ['PATCH', '/a%2Fb?c=d&c=e', new URL(originUrl).host, originUrl, `${originUrl}/page`, '1', 'text'],
    ])
    expect([status, fields['location']]).toEqual([201, `http://127.0.0.1:${port}/made`])
  })

  it('with a body of any length is sent on as it comes', async () => {
    const { url, recording } = await proxied((from, to) => {
      const digest = createHash('sha256')
      from.on('data', (chunk: Buffer) => digest.update(chunk))
      from.on('end', () => to.end(digest.digest('hex')))
    })
    const part = Buffer.alloc(1024 * 1024, 'upload')
    const digest = createHash('sha256')
    const sent = request(`${url}/upload`, { method: 'POST' })
    for (let count = 0; count < 48; count++) {
      digest.update(part)
      if (!sent.write(part)) await once(sent, 'drain')
    }
    sent.end()
    const [answer] = (await once(sent, 'response')) as [AsyncIterable<Buffer>]
    let said = ''
    for await (const chunk of answer) said += chunk.toString()
    expect(said).toBe(digest.digest('hex'))
    await vi.waitFor(() => expect(recording().exchanges[0]?.requestBody?.bytes).toBe(48 * part.length))
    expect(recording().exchanges[0]?.requestBody?.text).toBeUndefined()
  })

  it('of 300 at once is answered with its own answer', async () => {
    const waiting: (() => void)[] = []
    const { get } = await proxied((from, to) => {
      waiting.push(() => to.end(from.url))
      // None is answered before all have come.
      if (waiting.length === 300) for (const answer of waiting) answer()
    })
    const paths = Array.from({ length: 300 }, (_, index) => `/api/${index}`)
    const answers = await Promise.all(paths.map((path) => get(path)))
    expect(answers.map(({ body }) => body.toString())).toEqual(paths)
  })
})

describe('an answer', () => {
  it('comes with its status, its fields and its bytes, compressed as they are', async () => {
    const bytes = gzipSync('{"a":1}')
    const { get, recording } = await proxied((_, to) => {
      to.setHeader('set-cookie', ['a=1; Domain=app.example; Secure', 'b=2'])
      to.writeHead(418, { 'content-type': 'application/json', 'content-encoding': 'gzip', etag: '"e"' }).end(bytes)
    })
    const { status, headers, body } = await get('/api')
    expect([status, headers.etag, headers['set-cookie'], body]).toEqual([418, '"e"', ['a=1', 'b=2'], bytes])
    await vi.waitFor(() =>
      expect(recording().exchanges[0]).toMatchObject({
        status: 418,
        isComplete: true,
        transferred: bytes.length,
        body: { bytes: 7, text: '{"a":1}', digest: createHash('sha256').update('{"a":1}').digest('base64url') },
      }),
    )
  })

  it('in parts comes in parts: an event stream is heard before it has ended', async () => {
    let send = (_text: string): void => undefined
    const { url, recording } = await proxied((_, to) => {
      to.writeHead(200, { 'content-type': 'text/event-stream' })
      to.flushHeaders()
      send = (text) => to.write(text)
    })
    const sent = request(`${url}/events`)
    sent.end()
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
    const heard: string[] = []
    answer.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
    answer.on('error', () => undefined)
    for (const text of ['data: 1\n\n', 'data: 2\n\n']) {
      send(text)
      await vi.waitFor(() => expect(heard.at(-1)).toBe(text))
    }
    expect(recording().exchanges[0]).toMatchObject({ isComplete: false, transferred: 18 })
    expect(recording().exchanges[0]?.body).toBeUndefined()
    sent.destroy()
  })

  it('of which the page wants no more is not read on', async () => {
    const gone = deferred()
    const { url } = await proxied((_, to) => {
      to.on('close', () => gone.resolve(undefined))
      to.write('first')
    })
    const sent = request(url)
    sent.end()
    const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { destroy(): void }]
    await once(answer, 'data')
    answer.on('error', () => undefined)
    answer.destroy()
    await gone.promise
  })

  it('that breaks off breaks off for the page', async () => {
    const { get, reached } = await proxied((_, to) => {
      to.writeHead(200, { 'content-length': 100 })
      to.write('half', () => to.destroy())
    })
    await expect(get('/')).rejects.toThrow()
    expect(reached).toEqual([])
  })

  it('to a part of a file is that part', async () => {
    const { get } = await proxied((from, to) => {
      to.writeHead(206, { 'content-range': 'bytes 0-1/4', 'content-type': 'text/html' }).end(from.headers.range)
    })
    const { status, headers, body } = await get('/v', { headers: { ...DOCUMENT.headers, range: 'bytes=0-1' } })
    expect([status, headers['content-range'], body.toString()]).toEqual([206, 'bytes 0-1/4', 'bytes=0-1'])
  })

  it('without a body has none', async () => {
    const { get } = await proxied((from, to) => to.writeHead(Number(from.url?.slice(1)), { etag: '"a"' }).end())
    for (const status of [204, 304]) {
      const answer = await get(`/${status}`)
      expect([answer.status, answer.body.length]).toEqual([status, 0])
    }
    expect((await get('/200', { method: 'HEAD' })).status).toBe(200)
  })
})

describe('a document', () => {
  it.each([
    ['plain', undefined, (text: string) => Buffer.from(text)],
    ['gzip', 'gzip', gzipSync],
    ['brotli', 'br', brotliCompressSync],
    ['deflate', 'deflate', deflateSync],
    ['two codings', 'gzip, br', (text: string) => brotliCompressSync(gzipSync(text))],
  ])('has the tag in it: %s', async (_, coding, compressed) => {
    const { get } = await proxied((__, to) => {
      if (coding !== undefined) to.setHeader('content-encoding', coding)
      const bytes = compressed(PAGE)
      to.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': bytes.length }).end(bytes)
    })
    const { headers, body } = await get('/', DOCUMENT)
    expect(body.toString()).toBe(TAGGED)
    expect([headers['content-encoding'], headers['content-length']]).toEqual([undefined, undefined])
  })

  it('has it also as an error page, and never as a redirect, a download or a part of a page', async () => {
    const { get } = await proxied((from, to) => {
      to.setHeader('content-type', 'text/html')
      if (from.url === '/302') to.writeHead(302, { location: '/' })
      if (from.url === '/404') to.writeHead(404)
      if (from.url === '/download') to.setHeader('content-disposition', 'attachment; filename=a.html')
      to.end(PAGE)
    })
    const textOf = async (path: string, options = DOCUMENT): Promise<string> =>
      (await get(path, options)).body.toString()
    expect(await textOf('/404')).toBe(TAGGED)
    for (const path of ['/302', '/download']) expect(await textOf(path)).toBe(PAGE)
    expect(await textOf('/', { headers: { 'sec-fetch-dest': 'empty', accept: 'text/html' } })).toBe(PAGE)
  })

  it('is asked for whole, so that the policy is that of its tag', async () => {
    const { get, notices } = await proxied((from, to) => {
      const isAsked = from.headers['if-none-match'] !== undefined
      const fields = {
        'content-type': 'text/html',
        'content-security-policy': "script-src 'sha256-x' 'strict-dynamic'",
      }
      to.writeHead(isAsked ? 304 : 200, fields).end(isAsked ? undefined : PAGE)
    })
    const { body, headers } = await get('/', { headers: { ...DOCUMENT.headers, 'if-none-match': '"a"' } })
    const [, nonce] = /nonce="([^"]+)"/.exec(body.toString()) ?? []
    expect(headers['content-security-policy']).toContain(`'nonce-${nonce}'`)
    expect(notices).toEqual([expect.stringMatching(/^Content-Security-Policy of documents, here alone: script-src/)])
  })

  it('tells the script where rules are tried', async () => {
    const { get } = await proxied((_, to) => to.setHeader('content-type', 'text/html').end(PAGE), { isTried: true })
    expect((await get('/', DOCUMENT)).body.toString()).toContain('src="/__freshlayer/strip.js?rules"')
  })

  it('that stands in for others has it also when the worker asks for it', async () => {
    const { get } = await proxied((_, to) => to.setHeader('content-type', 'text/html').end(PAGE), {
      shell: '/index.html',
    })
    const { body } = await get('/index.html', { headers: { 'sec-fetch-dest': 'empty' } })
    expect(body.toString()).toBe(TAGGED)
  })
})

it('names its user by the session, where the rules leave that to the page', async () => {
  const { get } = await proxied((from, to) => to.setHeader('set-cookie', from.url === '/in' ? ['sid=ada'] : []).end(), {
    users: new SessionUsers(),
  })
  const userOf = async (path: string, cookie?: string): Promise<unknown> =>
    (await get(path, { headers: cookie === undefined ? {} : { cookie } })).headers['freshlayer-try-user']
  const ada = await userOf('/api', 'sid=ada; theme=dark')
  expect(ada).toMatch(/^[\w-]{22}$/)
  expect([await userOf('/api'), await userOf('/in')]).toEqual([undefined, ada])
})

describe('a websocket', () => {
  it('passes in both directions, also what comes with the handshake', async () => {
    const { origin, port, originUrl } = await proxied((_, to) => to.writeHead(404).end())
    const origins: unknown[] = []
    origin.on('upgrade', (from, socket) => {
      origins.push(from.headers.origin, from.headers.host)
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
      socket.pipe(socket)
    })
    const socket = connect(port, '127.0.0.1')
    let heard = ''
    socket.on('data', (chunk) => (heard += chunk.toString()))
    socket.write(
      `GET /hmr HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n\r\n`,
    )
    await vi.waitFor(() => expect(heard).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhello$/))
    socket.write('ping')
    await vi.waitFor(() => expect(heard).toMatch(/helloping$/))
    expect(origins).toEqual([originUrl, new URL(originUrl).host])
    socket.destroy()
  })

  it('that the origin refuses is refused, and one to an origin that is away ends', async () => {
    const { origin, port } = await proxied((_, to) => to.writeHead(426).end())
    const handshake = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`
    const answered = async (): Promise<string> => {
      const socket = connect(port, '127.0.0.1')
      let heard = ''
      socket.on('data', (chunk) => (heard += chunk.toString()))
      socket.write(handshake)
      await once(socket, 'close')
      return heard
    }
    origin.on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
    expect(await answered()).toMatch(/^HTTP\/1\.1 403/)
    await closed(origin)
    expect(await answered()).not.toMatch(/101/)
  })
})

describe('an origin that is away', () => {
  it('is a 502 with one line, and is back when it is back', async () => {
    const { origin, originUrl, get, reached, recording } = await proxied((_, to) => to.end('here'))
    const port = Number(new URL(originUrl).port)
    expect((await get('/')).status).toBe(200)
    await closed(origin)
    const { status, body, headers } = await get('/')
    expect([status, headers['cache-control']]).toEqual([502, 'no-store'])
    expect(body.toString()).toBe(`freshlayer try: nothing answers at ${originUrl}: start the app first\n`)
    await get('/')
    await opened(origin, port)
    expect((await get('/')).body.toString()).toBe('here')
    expect(reached).toEqual([false, true])
    expect(recording().exchanges.map((exchange) => exchange.status)).toEqual([200, 0, 0, 200])
  })

  it.each<[string, (from: IncomingMessage) => void, string]>([
    ['ends the connection', ({ socket }) => void socket.end(), 'broke off in the middle of a request'],
    ['resets the connection', ({ socket }) => void socket.resetAndDestroy(), 'broke off in the middle of a request'],
    [
      'answers no HTTP',
      ({ socket }) => void socket.end('at main.js:1\r\n\r\n'),
      'answers a request with what is no HTTP',
    ],
  ])('in the middle of a request, and %s, is not said to speak another protocol', async (_, die, what) => {
    const answer = (from: IncomingMessage, to: ServerResponse): void =>
      from.url === '/' ? void to.end('here') : die(from)
    const { originUrl, get } = await proxied(answer)
    expect((await get('/')).status).toBe(200)
    const { status, body } = await get('/api/items')
    expect([status, body.toString()]).toEqual([
      502,
      `freshlayer try: ${originUrl} ${what}: look at what the app's terminal says\n`,
    ])
  })

  it('has its files answered by what was kept, and nothing of a user', async () => {
    const kept = new KeptFiles()
    const { origin, get } = await proxied(
      (from, to) => {
        if (from.headers['if-none-match'] !== undefined) return void to.writeHead(304).end()
        to.setHeader('content-encoding', 'gzip')
        if (from.url?.startsWith('/private')) to.setHeader('cache-control', 'private')
        to.end(gzipSync(`of ${from.url}`))
      },
      { kept },
    )
    const script = { headers: { 'sec-fetch-dest': 'script', 'if-none-match': '"known"' } }
    const data = { headers: { 'sec-fetch-dest': 'empty' } }
    const all = ['/app.js?v=1', '/private.js'].map((path) => [path, script] as const)
    for (const [path, options] of [...all, ['/api/me', data] as const])
      expect((await get(path, options)).status).toBe(200)
    // What is kept may be asked about.
    expect((await get('/app.js?v=1', script)).status).toBe(304)
    await closed(origin)
    const { status, body } = await get('/app.js?v=1', script)
    expect([status, gunzipSync(body).toString()]).toEqual([200, 'of /app.js?v=1'])
    for (const [path, options] of [
      ['/app.js?v=2', script],
      ['/private.js', script],
      ['/api/me', data],
    ] as const)
      expect((await get(path, options)).status).toBe(502)
  })
})

it.each([502, 503, 504])('a gateway that answers %i has the files that were kept, too', async (status) => {
  let isAway = false
  const { get } = await proxied((_, to) => void to.writeHead(isAway ? status : 200).end(isAway ? 'bad' : 'good'), {
    kept: new KeptFiles(),
  })
  const script = { headers: { 'sec-fetch-dest': 'script' } }
  await get('/app.js', script)
  isAway = true
  expect((await get('/app.js', script)).body.toString()).toBe('good')
  expect((await get('/other.js', script)).status).toBe(status)
  expect((await get('/app.js', { headers: { 'sec-fetch-dest': 'empty', range: 'bytes=0-1' } })).status).toBe(status)
})

it('a worker of the app is said', async () => {
  const { get, notices } = await proxied((_, to) => to.end())
  await get('/mockServiceWorker.js?v=1', { headers: { 'service-worker': 'script', 'sec-fetch-dest': 'serviceworker' } })
  expect(notices).toEqual([expect.stringMatching(/^the app has a worker of its own, \/mockServiceWorker\.js,/)])
})

function deferred(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => undefined
  const promise = new Promise((settle) => (resolve = settle))
  return { promise, resolve }
}
