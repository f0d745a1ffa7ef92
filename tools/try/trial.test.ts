import { createServer, type RequestListener } from 'node:http'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { answerOf, DOCUMENT, opened } from './proxied.fixture.ts'
import { targetOf } from './target.ts'
import { startTrial, type Trial } from './trial.ts'
import type { TriedRules } from './tried-rules.ts'

const PAGE = '<!doctype html><html><head></head><body>x</body></html>'

/** A trial of what this argument names, until the test has finished. */
async function tried(
  given: string,
  options: { readonly api?: URL; readonly rules?: TriedRules } = {},
): Promise<Trial & { said: string[]; get: (path: string, options?: object) => ReturnType<typeof answerOf> }> {
  const said: string[] = []
  const trial = await startTrial({ target: targetOf(given), port: 0, say: (line) => said.push(line), ...options })
  onTestFinished(() => trial.close())
  return { ...trial, said, get: (path, more) => answerOf(new URL(path, trial.url).href, more) }
}

const served = async (handle: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await opened(createServer(handle))}`

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-trial-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

it('serves the worker at the scope of the whole origin, and the scripts that its pages load', async () => {
  const { get } = await tried(await served((_, to) => to.end()))
  const { headers, body } = await get('/__freshlayer/sw.js')
  expect([headers['service-worker-allowed'], headers['content-type']]).toEqual(['/', 'text/javascript; charset=utf-8'])
  expect(body.toString()).toContain('freshlayer')
  const strip = (await get('/__freshlayer/strip.js')).body.toString()
  const [, part] = /import\(`\.\/([\w.-]+\.js)`\)/.exec(strip) ?? []
  expect((await get(`/__freshlayer/${part}`)).status).toBe(200)
  expect((await get('/__freshlayer/nothing.js')).status).toBe(404)
  expect((await get('/__freshlayer/', { method: 'POST' })).status).toBe(405)
})

it('reports what the app has asked, as a page and as data, and says what it saw', async () => {
  const { get, found, said } = await tried(
    await served((from, to) => {
      to.setHeader('content-type', from.url === '/' ? 'text/html' : 'application/json')
      to.end(from.url === '/' ? PAGE : '{"price":1}')
    }),
  )
  await get('/', DOCUMENT)
  for (let count = 0; count < 3; count++) await get('/api/products/1', { headers: { 'sec-fetch-dest': 'empty' } })
  await get('/sw.js', { headers: { 'service-worker': 'script' } })
  await vi.waitFor(async () => expect((await found())?.simulation.total.before).toBe(3))
  expect((await found())?.proposal.text).toContain('/api/products/')
  const { mode, requests, notices } = JSON.parse((await get('/__freshlayer/report.json')).body.toString()) as {
    mode: string
    requests: number
    notices: string[]
  }
  expect([mode, requests, notices]).toEqual(['recording', 5, said])
  expect(said).toEqual([expect.stringMatching(/^the app has a worker of its own, \/sw\.js/)])
  await vi.waitFor(async () => expect((await get('/__freshlayer/')).body.toString()).toContain('/api/products/'))
})

it('answers to names of this machine alone', async () => {
  const { get, url } = await tried(await served((_, to) => to.end('secret')))
  const { port } = new URL(url)
  for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example'])
    expect((await get('/', { headers: { host } })).status).toBe(403)
  for (const host of [`localhost:${port}`, `app.localhost:${port}`, `[::1]:${port}`])
    expect((await get('/', { headers: { host } })).body.toString()).toBe('secret')
  const socket = connect(Number(port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve))
})

it('begins at the page that was given, and says once that the origin went and came back', async () => {
  const server = createServer((_, to) => to.end('x'))
  const port = await opened(server)
  const { get, url, said } = await tried(`http://127.0.0.1:${port}/shop/?a=1`)
  expect(url).toMatch(/^http:\/\/localhost:\d+\/shop\/\?a=1$/)
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
  for (let count = 0; count < 3; count++) expect((await get('/')).status).toBe(502)
  await opened(server, port)
  expect((await get('/')).status).toBe(200)
  expect(said).toEqual([
    `nothing answers at http://127.0.0.1:${port}: start the app first`,
    `http://127.0.0.1:${port} answers again`,
  ])
})

it('serves a folder as hosts of single-page apps do, with its API, and writes nothing into it', async () => {
  const folder = folderWith({ 'index.html': PAGE, 'assets/app.js': 'app' })
  const before = readdirSync(folder, { recursive: true })
  const api = await served((from, to) => to.end(`${from.method} ${from.url}`))
  const { get } = await tried(folder, { api: new URL(api) })
  expect((await get('/orders/7', DOCUMENT)).body.toString()).toContain('strip.js')
  expect((await get('/assets/app.js')).body.toString()).toBe('app')
  expect((await get('/api/me', { headers: { 'sec-fetch-dest': 'empty' } })).body.toString()).toBe('GET /api/me')
  expect((await get('/api/sales', { method: 'POST' })).body.toString()).toBe('POST /api/sales')
  expect(readdirSync(folder, { recursive: true })).toEqual(before)
})

it('builds the worker of a folder with its files, and of rules anew when they have changed', async () => {
  const folder = folderWith({ 'index.html': PAGE, 'assets/app.js': 'app' })
  const file = join(folderWith({}), 'freshlayer.config.mjs')
  const rules = (match: string): string =>
    `export default { version: '1', identity: 'none', shell: '/index.html', routes: [{ match: '${match}' }] }`
  writeFileSync(file, rules('/api/first'))
  const config = { version: '1', identity: 'none', shell: '/index.html', routes: [] } as const
  const { get } = await tried(folder, { rules: { file, config } })
  const worker = async (): Promise<string> => (await get('/__freshlayer/sw.js')).body.toString()
  expect(await worker()).toMatch(/\/api\/first[^]*\/assets\/app\.js|\/assets\/app\.js[^]*\/api\/first/)
  writeFileSync(file, rules('/api/second'))
  expect(await worker()).toContain('/api/second')
  writeFileSync(file, 'export default {')
  expect((await get('/__freshlayer/sw.js')).status).toBe(500)
})

it('says which other origins the pages ask, each once', async () => {
  const { get, said } = await tried(await served((_, to) => to.end()))
  const others = [
    'https://api.example',
    'nonsense',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc',
    'ftp://a.example',
  ]
  const status = `/__freshlayer/status.json?${others.map((other) => `elsewhere=${encodeURIComponent(other)}`).join('&')}`
  for (let count = 0; count < 2; count++) expect((await get(status)).status).toBe(200)
  expect(said).toEqual([expect.stringMatching(/^pages ask https:\/\/api\.example, which does not pass here/)])
})

it('takes what the strips tell of the worker into the report of rules', async () => {
  const file = join(folderWith({}), 'freshlayer.config.mjs')
  writeFileSync(file, "export default { version: '1', identity: 'none', routes: [] }")
  const rules = { file, config: { version: '1', identity: 'none', routes: [] } as const }
  const { get } = await tried(await served((_, to) => to.end()), { rules })
  const told = encodeURIComponent(JSON.stringify({ isBefore: false, rules: [['/api/a', 10, 7, 2, 1, 1, 900]] }))
  const status: unknown = JSON.parse((await get(`/__freshlayer/status.json?told=${told}`)).body.toString())
  expect(status).toEqual({ mode: 'rules', requests: 0, saved: 8, isReached: true, notices: [] })
  expect((await get('/__freshlayer/')).body.toString()).toContain('10 → 2')
})
