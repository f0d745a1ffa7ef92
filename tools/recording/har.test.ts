import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Entry } from 'har-format'
import { describe, expect, it } from 'vitest'
import { digest } from './credentials.ts'
import type { Exchange, Recording } from './exchange.ts'
import { BEGIN, entry, har } from './har.fixture.ts'
import { type Chunks, harOf } from './har.ts'

/** Bytes in pieces of so many. */
async function* pieces(text: string | Uint8Array, size = 1000): Chunks {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const read = (text: string | Uint8Array, size?: number): Promise<Recording> => harOf(pieces(text, size), 'x.har')

const recordingOf = (entries: readonly Entry[], creator?: string): Promise<Recording> =>
  read(JSON.stringify(har(entries, creator)))

async function exchangeOf(...given: Parameters<typeof entry>): Promise<Exchange> {
  const { exchanges } = await recordingOf([entry(...given)])
  const [first] = exchanges
  if (first === undefined) throw new Error('no exchange')
  return first
}

const URL_ = 'https://shop.example/api/a'

describe('an entry', () => {
  it('becomes an exchange', async () => {
    const exchange = await exchangeOf(`${URL_}?b=1#c`, {
      pageref: 'page_1',
      request: {
        method: 'post',
        headers: [
          { name: 'Accept', value: '*/*' },
          { name: ':path', value: '/' },
        ],
        postData: { mimeType: 'application/json', text: '{"a":1}' },
      },
      response: { status: 201, content: { size: 4, mimeType: 'application/json', text: '"ü"' }, _transferSize: 250 },
    })
    expect(exchange).toEqual({
      method: 'POST',
      url: `${URL_}?b=1`,
      startedAt: Date.parse(BEGIN),
      initiator: 'fetch',
      page: 'page_1',
      requestHeaders: { accept: '*/*' },
      requestBody: { bytes: 7, digest: digest('{"a":1}'), text: '{"a":1}' },
      status: 201,
      responseHeaders: { 'content-type': 'application/json' },
      body: { bytes: 4, digest: digest('"ü"'), text: '"ü"' },
      transferred: 250,
      isComplete: true,
    })
  })

  it('has a body as text or in base64, with one digest', async () => {
    const text = await exchangeOf(URL_, { response: { content: { size: 3, mimeType: 'a/b', text: 'abc' } } })
    const base64 = await exchangeOf(URL_, {
      response: { content: { size: 3, mimeType: 'a/b', text: 'YWJj', encoding: 'base64' } },
    })
    expect(base64.body).toEqual(text.body)
  })

  it('keeps a long body as its digest alone', async () => {
    const bodyOf = async (type: string, size: number): Promise<Exchange['body']> => {
      const headers = [{ name: 'Content-Type', value: type }]
      const content = { size, mimeType: type, text: 'a'.repeat(size) }
      return (await exchangeOf(URL_, { response: { headers, content } })).body
    }
    const whole = { bytes: 9000, digest: digest('a'.repeat(9000)) }
    expect(await bodyOf('text/csv', 9000)).toEqual(whole)
    // What two answers of JSON differ in says whether they hold the time.
    expect(await bodyOf('application/json', 9000)).toEqual({ ...whole, text: 'a'.repeat(9000) })
    expect(await bodyOf('application/json', 300_000)).not.toHaveProperty('text')
  })

  it.each<[string, Parameters<typeof entry>[1], Partial<Exchange>]>([
    [
      'no answer',
      { response: { status: 0, headers: [], _error: 'net::ERR_FAILED' } },
      { status: 0, body: undefined, isComplete: false },
    ],
    ['a negative status', { response: { status: -1, headers: [] } }, { status: 0 }],
    ['an answer that was cut off', { response: { _error: 'net::ERR_ABORTED' } }, { isComplete: false }],
    [
      'an answer without a body in the HAR',
      { response: { content: { size: 900, mimeType: 'a/b' } } },
      { body: undefined },
    ],
    [
      'an empty answer',
      { response: { status: 204, content: { size: 0, mimeType: '' } } },
      { body: { bytes: 0, digest: digest('') } },
    ],
    ['Chromium’s cache', { _fromCache: 'disk' }, { isFromCache: true, transferred: 0 }],
    ['Safari’s cache', { _fetchType: 'Memory Cache' }, { isFromCache: true }],
    [
      'the layer’s own store',
      { response: { headers: [{ name: 'Cache-Status', value: 'Freshlayer; hit; ttl=5' }] } },
      { isFromCache: true },
    ],
    ['Safari’s network', { _fetchType: 'Network Load' }, { transferred: undefined }],
    ['Firefox’s cache', { cache: { afterRequest: null } }, { isFromCache: true }],
    ['sizes of other tools', { response: { headersSize: 100, bodySize: 50 } }, { transferred: 150 }],
    ['sizes that are not known', { response: { headersSize: -1, bodySize: -1 } }, { transferred: undefined }],
    ['a script', { _resourceType: 'script' }, { initiator: 'script' }],
    ['a style', { _resourceType: 'stylesheet' }, { initiator: 'style' }],
    ['XMLHttpRequest', { _resourceType: 'xhr' }, { initiator: 'fetch' }],
    ['a manifest', { _resourceType: 'manifest' }, { initiator: 'other' }],
    [
      'what other browsers send along',
      { _resourceType: '', request: { headers: [{ name: 'Sec-Fetch-Dest', value: 'image' }] } },
      { initiator: 'image' },
    ],
    [
      'a fetch of other browsers',
      { _resourceType: '', request: { headers: [{ name: 'Sec-Fetch-Dest', value: 'empty' }] } },
      { initiator: 'fetch' },
    ],
    ['JSON of old browsers', { _resourceType: '' }, { initiator: 'fetch' }],
    [
      'a page of old browsers',
      {
        _resourceType: '',
        request: { headers: [{ name: 'Accept', value: 'text/html,*/*' }] },
        response: { headers: [], content: { size: 1, mimeType: 'text/html', text: 'x' } },
      },
      { initiator: 'document', responseHeaders: { 'content-type': 'text/html' } },
    ],
    [
      'a form',
      {
        request: {
          method: 'POST',
          postData: { mimeType: 'application/x-www-form-urlencoded', params: [{ name: 'a', value: 'b' }] },
        },
      },
      { requestBody: { bytes: 3, digest: digest('a=b'), text: 'a=b' } },
    ],
  ])('%s', async (_, written, expected) => {
    expect(await exchangeOf(URL_, written)).toMatchObject(expected)
  })

  it('joins repeated fields', async () => {
    const line = (name: string, value: string): { name: string; value: string } => ({ name, value })
    const { responseHeaders } = await exchangeOf(URL_, {
      response: {
        headers: [
          line('Vary', 'a'),
          line('vary', 'b'),
          line('Set-Cookie', 'a=; Max-Age=0'),
          line('Set-Cookie', 'b=; Path=/'),
        ],
      },
    })
    expect(responseHeaders).toMatchObject({ vary: 'a, b', 'set-cookie': 'a=; Max-Age=0\nb=; Path=/' })
  })

  it('never holds a secret', async () => {
    const recording = await recordingOf([
      entry(`${URL_}?access_token=hunter2`, {
        request: {
          headers: [{ name: 'Authorization', value: 'Bearer hunter2' }],
          cookies: [{ name: 'sid', value: 'hunter2' }],
        },
        response: {
          headers: [
            { name: 'Set-Cookie', value: 'sid=hunter2' },
            { name: 'X-Auth-Token', value: 'hunter2' },
          ],
        },
      }),
    ])
    expect(JSON.stringify(recording)).not.toContain('hunter2')
    expect(recording.exchanges[0]?.requestHeaders['cookie']).toMatch(/^sid=/)
  })

  it.each([
    ['a socket', 'wss://shop.example/ws', { _resourceType: 'websocket' }],
    ['a socket over HTTP', 'https://shop.example/ws', { response: { status: 101 } }],
    ['data', 'data:image/png;base64,AAAA', {}],
    ['a file of an extension', 'chrome-extension://abc/x.js', {}],
    ['no URL', 'about:blank', {}],
  ])('is left out where it is %s', async (_, url, written) => {
    expect((await recordingOf([entry(URL_), entry(url, written)])).exchanges).toHaveLength(1)
  })
})

describe('a recording', () => {
  it('is in the order of time, and knows the origin of the pages', async () => {
    const from = { request: { headers: [{ name: 'Referer', value: 'https://app.example/x' }] } }
    const { origin, exchanges } = await recordingOf([
      entry('https://api.example/b', { ...from, startedDateTime: '2026-11-30T10:00:02.000Z' }),
      entry('https://api.example/a', { ...from, startedDateTime: '2026-11-30T11:00:01.000+01:00' }),
      entry('https://login.example/', { _resourceType: 'document' }),
    ])
    expect(origin).toBe('https://app.example')
    expect(exchanges.map(({ url }) => url.at(-1))).toEqual(['/', 'a', 'b'])
  })

  it('takes the origin of its first document, else of its first request', async () => {
    expect(
      (
        await recordingOf([
          entry('https://api.example/a'),
          entry('https://app.example/', { _resourceType: 'document' }),
        ])
      ).origin,
    ).toBe('https://app.example')
    expect((await recordingOf([entry('https://api.example/a')])).origin).toBe('https://api.example')
  })

  const header = (name: string, value: string): Parameters<typeof entry>[1] => ({
    request: { headers: [{ name, value }] },
  })

  it.each<[string, Entry[], string, Recording['lacksCredentials']]>([
    ['Chromium, no credential', [entry(URL_)], 'WebInspector', 'perhaps'],
    [
      'Chromium, no credential, and a sign-in',
      [entry(URL_), entry('https://shop.example/api/login', { request: { method: 'POST' } })],
      'WebInspector',
      'surely',
    ],
    [
      'Chromium, no credential, and Vary',
      [entry(URL_, { response: { headers: [{ name: 'Vary', value: 'Cookie' }] } })],
      'WebInspector',
      'surely',
    ],
    ['Chromium, a cookie', [entry(URL_, header('Cookie', 'a=b'))], 'WebInspector', undefined],
    ['Chromium, a token', [entry(URL_, header('Authorization', 'Bearer a'))], 'WebInspector', undefined],
    ['another recorder, no credential', [entry(URL_)], 'Firefox', undefined],
    ['another recorder that says so', [entry(URL_, header('Cookie', 'sid=[redacted]'))], 'Charles', 'surely'],
    [
      'another recorder that says so of a token',
      [entry(URL_, header('Authorization', 'Bearer ***'))],
      'Charles',
      'surely',
    ],
  ])('notices what was left out: %s', async (_, entries, creator, expected) => {
    expect((await recordingOf(entries, creator)).lacksCredentials).toBe(expected)
  })

  it('is the same however the bytes are cut', async () => {
    const text = JSON.stringify(
      har([entry(URL_, { response: { content: { size: 1, mimeType: 'a/b', text: 'ü€😀 \u2028"\\' } } }), entry(URL_)]),
    )
    const whole = await read(text, 1e6)
    for (const size of [4, 5, 7, 64]) expect(await read(text, size)).toEqual(whole)
  })

  it('has a mark of the byte order before it, members in another order, and unknown members', async () => {
    const { log } = har([entry(URL_)])
    const text = `\uFEFF${JSON.stringify({ $schema: 'x', log: { entries: log.entries, _more: [{ a: [1, { b: null }] }], creator: log.creator } }, null, 2)}\n`
    expect((await read(text)).exchanges).toHaveLength(1)
  })
})

it('keeps no entry of it, however long it is', async () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('no garbage collection by hand')
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed
  }
  let grown = 0
  const write = async function* (): Chunks {
    const before = heap()
    yield Buffer.from('{"log": {"creator": {"name": "x"}, "entries": [')
    for (let at = 0; at < 150; at++) {
      const text = `${at}`.repeat(200_000)
      yield Buffer.from(
        `${at > 0 ? ',' : ''}${JSON.stringify(entry(URL_, { response: { content: { size: 1, mimeType: 'a/b', text } } }))}`,
      )
    }
    grown = heap() - before
    yield Buffer.from(']}}')
  }
  expect((await harOf(write(), 'x.har')).exchanges).toHaveLength(150)
  expect(grown).toBeLessThan(20e6)
})

describe('what is no HAR', () => {
  const good = JSON.stringify(har([entry(URL_), entry(URL_)]), null, 2)

  it.each<[string, string | Uint8Array, RegExp]>([
    ['an empty file', '', /^x\.har is empty: name a HAR file, as DevTools export it$/],
    [
      'JSON of another shape',
      '{"a": [1, 2, {"entries": []}]}',
      /^x\.har is JSON but no HAR: it has no list log\.entries/,
    ],
    ['a list', '[{"request": {}}]', /^x\.har is JSON but no HAR/],
    ['entries that are no list', '{"log": {"entries": {"a": 1}}}', /^x\.har is JSON but no HAR/],
    ['a text', '"log"', /^x\.har is JSON but no HAR/],
    ['HTML', '<!doctype html>\n<p>', /^x\.har is no JSON: an unexpected "<" at byte 0 \(line 1\)$/],
    [
      'a comma too many',
      good.replace('"entries": [', '"entries": [,'),
      /^x\.har is no JSON: .* at byte \d+ \(line \d+\)/,
    ],
    [
      'no entry',
      '{"log": {"entries": []}}',
      /^x\.har has no request in its 0 entries: record a tour of the app first$/,
    ],
    [
      'cut off in an entry',
      good.slice(0, -600),
      /^x\.har is cut off after entry 1: it ends at byte \d+ \(line \d+\) in the middle of its JSON$/,
    ],
    [
      'cut off before its entries',
      good.slice(0, 60),
      /^x\.har is cut off before its first entry: it ends at byte 60 \(line \d\)/,
    ],
    ['cut off at its last brace', good.slice(0, -1), /^x\.har is cut off after entry 2/],
    ['compressed', new Uint8Array([0x1f, 0x8b, 8, 0]), /^x\.har is compressed: unpack it first$/],
    [
      'an entry without a request',
      '{"log": {"entries": [\n{"startedDateTime": "2026-11-30T10:00:00Z", "response": {"status": 200}}\n]}}',
      /^x\.har: entry 1, which ends at byte \d+ \(line 2\): request: .*expected/,
    ],
    [
      'an entry that is a number',
      '{"log": {"entries": [1]}}',
      /^x\.har: entry 1, which ends at byte \d+ \(line 1\): the entry itself: /,
    ],
    [
      'a status as text',
      JSON.stringify(har([entry(URL_), entry(URL_, { response: { status: '200' as never } })])),
      /^x\.har: entry 2, .*: response\.status: number expected, "200" given$/,
    ],
    [
      'a date that is none',
      JSON.stringify(har([entry(URL_, { startedDateTime: 'yesterday' })])),
      /: startedDateTime: a date, such as 2026-11-30T10:00:00\.000Z expected, "yesterday" given$/,
    ],
    [
      'a header without a name',
      JSON.stringify(har([entry(URL_, { request: { headers: [{ value: 'x' } as never] } })])),
      /: request\.headers\.0\.name: /,
    ],
  ])('%s', async (_, text, message) => {
    const error: unknown = await read(text).then(
      () => 'no error',
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    const said = error instanceof Error ? error.message : ''
    expect(said).toMatch(message)
    expect(said).not.toContain('\n')
  })

  it('says the line of a mistake, also in a later piece', async () => {
    const text = `{"log": {"entries": [\n\n\n${' '.repeat(3000)}\n  ?]}}`
    await expect(read(text, 500)).rejects.toThrow(/an unexpected "\?" at byte 3027 \(line 5\)/)
  })
})
