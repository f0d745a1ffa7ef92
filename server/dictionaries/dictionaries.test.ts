import { createHash } from 'node:crypto'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { diceOf } from '../../bench/dice.ts'
import { availableOf, decodedDcz } from './dcz.fixture.ts'
import { dictionaries, type DictionaryOptions } from './dictionaries.ts'
import { changedList, jsonOf, listOf } from './list.fixture.ts'

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000)
const dice = diceOf(SEED)
const ROWS = listOf(1000, dice)
const BEFORE = jsonOf(ROWS)
const AFTER = jsonOf(changedList(ROWS, 10, dice))

interface Given {
  readonly path?: string
  readonly method?: string
  readonly request?: Record<string, string>
  readonly response?: Record<string, string>
  readonly status?: number
}

/** A backend with these answers: what it sends for a body. */
function backend(options: Partial<DictionaryOptions> = {}) {
  const answer = dictionaries({ principalOf: 'everyone', ...options })
  return async (body: string, given: Given = {}) => {
    const { path = '/api/products', method = 'GET', request = {}, response = {}, status = 200 } = given
    const headers = { 'accept-encoding': 'gzip, deflate, br, zstd, dcb, dcz', 'freshlayer-dictionary': '1', ...request }
    const plain = new Response(status === 304 ? null : body, {
      status,
      headers: { 'content-type': 'application/json', etag: '"1"', ...response },
    })
    const sent = await answer(new Request(`http://shop.invalid${path}`, { method, headers }), plain)
    return { fields: sent.headers, status: sent.status, bytes: new Uint8Array(await sent.arrayBuffer()) }
  }
}

const has = (dictionary: string | Uint8Array): Given => ({
  request: { 'available-dictionary': availableOf(dictionary) },
})

describe(`answers by dictionaries, seed ${SEED}`, () => {
  test('the first answer is by brotli, and becomes a dictionary', async () => {
    const { fields, bytes } = await backend()(BEFORE)
    expect(brotliDecompressSync(bytes).toString()).toBe(BEFORE)
    expect(Object.fromEntries(fields)).toMatchObject({
      'content-encoding': 'br',
      'content-length': String(bytes.length),
      'use-as-dictionary': 'match="/api/products"',
      'cache-control': 'private, max-age=0, stale-while-revalidate=604800',
      vary: 'Accept-Encoding, Available-Dictionary, freshlayer-dictionary',
      etag: 'W/"1"',
    })
  })

  test('the next is by the one before, far shorter, and becomes a dictionary in its turn', async () => {
    const ask = backend()
    await ask(BEFORE)
    const { fields, bytes } = await ask(AFTER, has(BEFORE))
    expect(fields.get('content-encoding')).toBe('dcz')
    expect(fields.get('use-as-dictionary')).toBe('match="/api/products"')
    expect(decodedDcz(bytes, BEFORE)).toBe(AFTER)
    expect(bytes.length).toBeLessThan(AFTER.length / 200)
    const third = jsonOf(changedList(ROWS, 5, diceOf(SEED + 1)))
    expect(decodedDcz((await ask(third, has(AFTER))).bytes, AFTER)).toBe(third)
  })

  describe('by brotli with a dictionary', () => {
    const stream = Buffer.from('the stream')
    const compressBrotli = (): Promise<Uint8Array> => Promise.resolve(stream)
    const ofBoth = { ...has(BEFORE).request }

    test('where the client takes no Zstandard', async () => {
      const ask = backend({ compressBrotli })
      await ask(BEFORE)
      const { fields, bytes } = await ask(AFTER, { request: { ...ofBoth, 'accept-encoding': 'br, dcb' } })
      expect(fields.get('content-encoding')).toBe('dcb')
      const digest = createHash('sha256').update(BEFORE).digest()
      expect(Buffer.from(bytes)).toEqual(Buffer.concat([Buffer.from([0xff, 0x44, 0x43, 0x42]), digest, stream]))
    })

    test('not where it takes Zstandard, nor where it takes neither', async () => {
      const ask = backend({ compressBrotli })
      await ask(BEFORE)
      expect((await ask(AFTER, { request: ofBoth })).fields.get('content-encoding')).toBe('dcz')
      const neither = { ...ofBoth, 'accept-encoding': 'br, zstd' }
      expect((await ask(AFTER, { request: neither })).fields.get('content-encoding')).toBe('br')
    })
  })

  test('a dictionary that is not known here gets the ordinary answer', async () => {
    const { fields, bytes } = await backend()(AFTER, has(BEFORE))
    expect(fields.get('content-encoding')).toBe('br')
    expect(brotliDecompressSync(bytes).toString()).toBe(AFTER)
  })

  test.each([
    ['no dictionary', 'gzip, br, zstd'],
    ['dcz with no weight', 'gzip, br, dcz;q=0'],
  ])('a client that takes %s gets brotli', async (_what, codings) => {
    const ask = backend()
    await ask(BEFORE)
    const request = { ...has(BEFORE).request, 'accept-encoding': codings }
    expect((await ask(AFTER, { request })).fields.get('content-encoding')).toBe('br')
  })

  test('a field that is no digest is none', async () => {
    const ask = backend()
    await ask(BEFORE)
    const { fields } = await ask(AFTER, { request: { 'available-dictionary': ':bm8=:' } })
    expect(fields.get('content-encoding')).toBe('br')
  })

  test('gzip where there is no brotli, and nothing where there is neither', async () => {
    const ask = backend()
    const { bytes } = await ask(AFTER, { request: { 'accept-encoding': 'gzip' } })
    expect(gunzipSync(bytes).toString()).toBe(AFTER)
    const plain = await ask(AFTER, { request: { 'accept-encoding': 'identity' } })
    expect(plain.fields.has('content-encoding')).toBe(false)
    expect(plain.fields.get('etag')).toBe('"1"')
    expect(Buffer.from(plain.bytes).toString()).toBe(AFTER)
  })

  test('a request that the layer does not make is neither coded by a dictionary nor becomes one', async () => {
    const answer = dictionaries({ principalOf: 'everyone' })
    const ask = (body: string, headers: Record<string, string>): Promise<Response> =>
      answer(
        new Request('http://shop.invalid/api/products', { headers: { 'accept-encoding': 'br, dcz', ...headers } }),
        new Response(body, { headers: { 'content-type': 'application/json', 'cache-control': 'max-age=60' } }),
      )
    await ask(BEFORE, { 'freshlayer-dictionary': '1' })
    const { headers } = await ask(AFTER, { 'available-dictionary': availableOf(BEFORE) })
    expect(headers.get('content-encoding')).toBe('br')
    expect(headers.get('cache-control')).toBe('max-age=60')
    expect(headers.has('use-as-dictionary')).toBe(false)
  })

  test('never longer than by brotli: a body that has nothing of its dictionary', async () => {
    const same = JSON.stringify({ items: Array.from({ length: 4000 }, () => 'the same again and again') })
    const ask = backend()
    const other = jsonOf(listOf(2, dice)).padEnd(1200)
    await ask(other)
    const { fields, bytes } = await ask(same, has(other))
    const ordinary = await backend()(same)
    expect(bytes.length).toBeLessThanOrEqual(ordinary.bytes.length)
    expect(fields.get('use-as-dictionary')).toBe('match="/api/products"')
  })
})

describe('whose answers', () => {
  const byUser = { principalOf: (request: Request) => request.headers.get('x-user') ?? undefined }

  test("one user's answer is no dictionary of another's, whatever the browser has", async () => {
    const ask = backend(byUser)
    await ask(BEFORE, { request: { 'x-user': 'ada' } })
    const bob = await ask(AFTER, { request: { ...has(BEFORE).request, 'x-user': 'bob' } })
    expect(bob.fields.get('content-encoding')).toBe('br')
    const ada = await ask(AFTER, { request: { ...has(BEFORE).request, 'x-user': 'ada' } })
    expect(ada.fields.get('content-encoding')).toBe('dcz')
  })

  test('an answer without a user is no dictionary', async () => {
    const { fields } = await backend(byUser)(BEFORE)
    expect(fields.get('content-encoding')).toBe('br')
    expect(fields.has('use-as-dictionary')).toBe(false)
    expect(fields.get('cache-control')).toBeNull()
  })
})

describe('what passes as it is', () => {
  test.each<readonly [string, Given]>([
    ['an answer with secrets, by no-transform', { response: { 'cache-control': 'private, no-transform' } }],
    ['what may not be stored', { response: { 'cache-control': 'no-store' } }],
    ['what has a coding already', { response: { 'content-encoding': 'gzip' } }],
    ['an image', { response: { 'content-type': 'image/png' } }],
    ['an event stream', { response: { 'content-type': 'text/event-stream' } }],
    ['an error', { status: 404 }],
    ['a part', { status: 206 }],
    ['the answer to a write', { method: 'POST' }],
  ])('%s', async (_what, given) => {
    const { fields, bytes } = await backend()(BEFORE, given)
    expect(fields.get('content-encoding')).toBe(given.response?.['content-encoding'] ?? null)
    expect(fields.has('use-as-dictionary')).toBe(false)
    expect(fields.get('etag')).toBe('"1"')
    expect(Buffer.from(bytes).toString()).toBe(BEFORE)
  })

  test('a 304, which varies as the answer would', async () => {
    const { status, fields } = await backend()('', { status: 304, response: { vary: 'Accept-Encoding' } })
    expect(status).toBe(304)
    expect(fields.get('vary')).toBe('Accept-Encoding, Available-Dictionary, freshlayer-dictionary')
    expect(fields.has('use-as-dictionary')).toBe(false)
  })

  test('a short body, of which no dictionary is made', async () => {
    const { fields, bytes } = await backend()('{"items":[]}')
    expect(fields.has('content-encoding')).toBe(false)
    expect(fields.has('use-as-dictionary')).toBe(false)
    expect(Buffer.from(bytes).toString()).toBe('{"items":[]}')
  })

  test('a body above the limit, with every byte, though it says nothing of its length', async () => {
    const { fields, bytes } = await backend({ most: 50_000 })(BEFORE)
    expect(fields.has('use-as-dictionary')).toBe(false)
    expect(Buffer.from(bytes).toString()).toBe(BEFORE)
  })
})

describe('what the layer is told of freshness', () => {
  test.each([
    ['public, max-age=60', 'public, max-age=60'],
    ['no-cache, Private', 'private, no-cache'],
    [
      'max-age=60, stale-while-revalidate=5, stale-if-error=7',
      'private, max-age=60, stale-while-revalidate=5, stale-if-error=7',
    ],
    ['max-age=soon', 'private, max-age=0'],
  ])('%s is %s', async (given, told) => {
    const { fields } = await backend()(BEFORE, { response: { 'cache-control': given } })
    expect(fields.get('freshlayer-cache-control')).toBe(told)
  })

  test('an age by Expires is told as one', async () => {
    const date = 'Mon, 30 Nov 2026 00:00:00 GMT'
    const { fields } = await backend()(BEFORE, { response: { date, expires: 'Mon, 30 Nov 2026 00:01:30 GMT' } })
    expect(fields.get('freshlayer-cache-control')).toBe('private, max-age=90')
  })

  test('what the backend tells the layer itself stays', async () => {
    const { fields } = await backend()(BEFORE, { response: { 'freshlayer-cache-control': 'max-age=5' } })
    expect(fields.get('freshlayer-cache-control')).toBe('max-age=5')
  })
})

test.each([
  ['/api/products?page=2', '/api/products?page=2'],
  ['/api/a(b)*:c+d?x={1}', String.raw`/api/a\\(b\\)\\*\\:c\\+d?x=\\{1\\}`],
])('the pattern of %s is of that URL alone', async (path, pattern) => {
  const { fields } = await backend()(BEFORE, { path })
  expect(fields.get('use-as-dictionary')).toBe(`match="${pattern}"`)
})

test('a pattern of the backend', async () => {
  const { fields } = await backend({ match: ({ pathname }) => `${pathname}?*`, days: 1 })(BEFORE, { path: '/a?page=2' })
  expect(fields.get('use-as-dictionary')).toBe('match="/a?*"')
  expect(fields.get('cache-control')).toContain('stale-while-revalidate=86400')
})

test('former answers are kept within the budget, the latest used longest', async () => {
  const ask = backend({ budget: BEFORE.length * 2.5 })
  const [first, second, third] = [1, 2, 3].map((at) => jsonOf(changedList(ROWS, 20, diceOf(SEED + at))))
  await ask(first!)
  await ask(second!)
  // Used once more, so the second one goes when there is a third.
  await ask(first!)
  await ask(third!)
  const codingBy = async (dictionary: string): Promise<string | null> =>
    (await ask(third!, has(dictionary))).fields.get('content-encoding')
  expect(await codingBy(first!)).toBe('dcz')
  expect(await codingBy(second!)).toBe('br')
})

test('where the compressor fails, the ordinary answer is sent', async () => {
  const warnings: Error[] = []
  const heard = (warning: Error): number => warnings.push(warning)
  process.on('warning', heard)
  const ask = backend({ compress: () => Promise.reject(new Error('out of memory')) })
  await ask(BEFORE)
  await ask(AFTER, has(BEFORE))
  const { fields, bytes } = await ask(AFTER, has(BEFORE))
  expect(fields.get('content-encoding')).toBe('br')
  expect(brotliDecompressSync(bytes).toString()).toBe(AFTER)
  await expect.poll(() => warnings.map(({ message }) => message)).toEqual([expect.stringContaining('out of memory')])
  process.off('warning', heard)
})

test('three hundred clients with the same former answer cost one compression', async () => {
  let compressions = 0
  const ask = backend({
    compress: async (body) => {
      compressions++
      await new Promise((resolve) => setImmediate(resolve))
      return body.subarray(0, 7)
    },
  })
  await ask(BEFORE)
  const answers = await Promise.all(Array.from({ length: 300 }, () => ask(AFTER, has(BEFORE))))
  expect(new Set(answers.map(({ bytes }) => bytes.length))).toEqual(new Set([47]))
  expect(compressions).toBe(1)
})

test('a frame that a browser need not decode is not sent: far longer than its dictionary', async () => {
  const ask = backend({ most: 20e6, compress: async () => new Uint8Array(5) })
  const dictionary = 'd'.repeat(6e6)
  await ask(dictionary)
  const request = { ...has(dictionary).request, 'accept-encoding': 'dcz' }
  const codingOf = async (length: number): Promise<string | null> =>
    (await ask('d'.repeat(length), { request })).fields.get('content-encoding')
  expect(await codingOf(8 * 2 ** 20)).toBe('dcz')
  expect(await codingOf(8 * 2 ** 20 + 1)).toBeNull()
})

test('in Hono, as the guide says it', async () => {
  const compressed = dictionaries({ principalOf: 'everyone' })
  const app = new Hono()
  app.use('/api/products', async (c, next) => {
    await next()
    const response = await compressed(c.req.raw, c.res)
    c.res = undefined
    c.res = response
  })
  app.get('/api/products', (c) => c.json(ROWS, 200, { ETag: '"1"', 'Cache-Control': 'no-cache', Vary: 'Origin' }))
  const headers = { 'accept-encoding': 'br', 'freshlayer-dictionary': '1' }
  const answer = await app.request('/api/products', { headers })
  expect(brotliDecompressSync(await answer.arrayBuffer()).toString()).toBe(JSON.stringify(ROWS))
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    etag: 'W/"1"',
    'cache-control': 'private, max-age=0, stale-while-revalidate=604800',
    'freshlayer-cache-control': 'private, no-cache',
    vary: 'Origin, Accept-Encoding, Available-Dictionary, freshlayer-dictionary',
  })
})
