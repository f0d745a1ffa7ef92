import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { staticFiles } from './static.ts'

const DOCUMENT = '<!doctype html><title>Corner Supply Co.</title>'
const app = new Hono()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'freshlayer-static-'))
  const built = join(folder, 'built')
  await mkdir(join(built, 'assets'), { recursive: true })
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await writeFile(join(built, 'index.html'), DOCUMENT)
  await writeFile(join(built, 'sw.js'), 'self')
  await writeFile(join(built, 'icon.svg'), '<svg/>')
  await writeFile(join(built, 'assets', 'index-B1x9kQ2c.js'), 'export {}')
  await writeFile(join(built, 'assets', 'logo.svg'), '<svg/>')
  app.get('*', staticFiles(built))
})
afterAll(() => rm(folder, { recursive: true }))

const navigate = (path: string): Response | Promise<Response> =>
  app.request(path, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } })

describe('documents', () => {
  test.each(['/', '/index.html', '/products/5', '/reports?days=7', '/%'])('%s is the app', async (path) => {
    const response = await navigate(path)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe(DOCUMENT)
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(response.headers.get('etag')).toMatch(/^"/)
  })

  test('a document that is held is confirmed', async () => {
    const etag = (await navigate('/')).headers.get('etag') ?? ''
    const response = await app.request('/sales', { headers: { accept: 'text/html', 'if-none-match': etag } })
    expect(response.status).toBe(304)
    expect(response.headers.get('etag')).toBe(etag)
    expect(response.headers.get('cache-control')).toBe('no-cache')
  })
})

describe('files', () => {
  test.each([
    ['/assets/index-B1x9kQ2c.js', 'public, max-age=31536000, immutable', 'text/javascript; charset=utf-8'],
    ['/assets/logo.svg', 'no-cache', 'image/svg+xml'],
    ['/icon.svg', 'no-cache', 'image/svg+xml'],
    ['/sw.js', 'no-cache', 'text/javascript; charset=utf-8'],
  ])('%s is kept as %s', async (path, cacheControl, type) => {
    const response = await app.request(path)
    expect(response.headers.get('cache-control')).toBe(cacheControl)
    expect(response.headers.get('content-type')).toBe(type)
    expect(response.headers.get('etag')).toMatch(/^"/)
    expect(response.headers.get('content-security-policy')).toBeNull()
  })

  test('a script that is gone is missing, not a document', async () => {
    expect((await app.request('/old-worker.js')).status).toBe(404)
    expect((await navigate('/assets/index-gone1234.js')).status).toBe(404)
  })

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/sw.js%00.html',
  ])('%s does not leave the folder', async (path) => {
    const response = await app.request(`http://localhost${path}`)
    expect(await response.text()).not.toMatch(/secret/)
    expect(response.status).toBe(404)
  })
})
