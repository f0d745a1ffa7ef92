import { onDisk } from './support/disk.ts'
import { expect, read, test } from './support/test.ts'

test('an ordinary answer is on disk: the reader of the disk works', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ marker: 'kept-small' }))
  origin.json('/api/fresh/2', () => ({ marker: 'kept-large', filler: 'x'.repeat(100_000) }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await read(page, '/api/fresh/2')
  await expect.poll(() => onDisk(page)).toContain('kept-small')
  await expect.poll(() => onDisk(page)).toContain('kept-large')
})

test('no-store answers never reach the disk, and a later one ends what was stored', async ({ origin, open }) => {
  origin.json('/api/always/1', () => ({ marker: 'secret' }), { 'cache-control': 'no-store' })
  origin.json('/api/always/2', () => ({ marker: 'public-before' }))
  const page = await open()
  expect((await read(page, '/api/always/1')).headers['cache-status']).toContain('detail=no-store')
  await read(page, '/api/always/2')
  await expect.poll(() => onDisk(page)).toContain('public-before')
  origin.json('/api/always/2', () => ({ marker: 'secret-now' }), { 'cache-control': 'no-store' })
  await read(page, '/api/always/2')
  await expect.poll(() => onDisk(page)).not.toContain('public-before')
  expect(await onDisk(page)).not.toContain('secret')
})

test('a truncated answer is not kept', async ({ origin, open }) => {
  origin.on('/api/fresh/1', (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"marker":"truncated"')
    setImmediate(() => response.destroy())
  })
  origin.json('/api/fresh/2', () => ({ marker: 'whole' }))
  const page = await open()
  await expect(read(page, '/api/fresh/1')).rejects.toThrow()
  await read(page, '/api/fresh/2')
  await expect.poll(() => onDisk(page)).toContain('whole')
  expect(await onDisk(page)).not.toContain('truncated')
})

test('a redirected answer is handed over untouched and not kept', async ({ origin, open }) => {
  origin.on('/api/fresh/1', (_request, response) => void response.writeHead(302, { location: '/elsewhere' }).end())
  origin.json('/elsewhere', () => ({ marker: 'redirected' }))
  origin.json('/api/fresh/2', () => ({ marker: 'whole' }))
  const page = await open()
  const answer = await page.evaluate(async () => {
    const response = await fetch('/api/fresh/1')
    return { redirected: response.redirected, url: response.url, text: await response.text() }
  })
  expect(answer).toEqual({ redirected: true, url: `${origin.url}/elsewhere`, text: '{"marker":"redirected"}' })
  await read(page, '/api/fresh/2')
  await expect.poll(() => onDisk(page)).toContain('whole')
  expect(await onDisk(page)).not.toContain('{"marker":"redirected"}')
})

test('a sign-in page where JSON is stored is handed over, and the stored answer stays', async ({ origin, open }) => {
  origin.json('/api/always/1', () => ({ marker: 'data' }))
  const page = await open()
  await read(page, '/api/always/1')
  origin.on('/api/always/1', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>')
  })
  expect((await read(page, '/api/always/1')).text).toBe('<h1>Sign in</h1>')
  await origin.stop()
  expect((await read(page, '/api/always/1')).text).toBe('{"marker":"data"}')
})

test('a reload that finds the answer gone ends the stored one', async ({ origin, open }) => {
  origin.json('/api/fresh/1', () => ({ marker: 'data' }))
  const page = await open()
  await read(page, '/api/fresh/1')
  await expect.poll(() => onDisk(page)).toContain('"marker":"data"')
  origin.on('/api/fresh/1', (_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{}')
  })
  expect((await read(page, '/api/fresh/1', { cache: 'reload' })).status).toBe(404)
  await expect.poll(() => onDisk(page)).not.toContain('"marker":"data"')
})
