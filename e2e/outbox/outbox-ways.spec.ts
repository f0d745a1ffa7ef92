import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type BrowserContext, expect, type Page, test } from '@playwright/test'
import { prebuiltFiles } from '../../tools/build/prebuilt.ts'
import { bundle } from '../../tools/files/bundle.ts'
import { controlled, dropProfile, launch, newProfile, read } from '../support/test.ts'
import { FilesBefore } from '../sync/files-before.ts'

// Queued writes in workers that no build makes from the rules.

const RULES = {
  version: '1',
  identity: 'none',
  routes: [{ match: '/api/notes', fresh: '1h', offline: '7d', tags: ['notes'] }],
  writes: [{ match: 'POST /api/notes', invalidates: ['notes'], offline: 'queue', idempotent: true }],
  outbox: { firstWait: '100ms', longestWait: '500ms' },
}
const DOCUMENT = (options: string): string =>
  `<!doctype html><script>globalThis.freshlayer = { ${options} }</script><script type=module src=/freshlayer-page.js></script>
<script type=module>window.layer = globalThis.freshlayer</script>`

/** A backend that keeps what is sent to it, by its key; while it is away it cuts each connection. */
class Notes {
  isAway = false
  readonly notes = new Map<string, string>()
  readonly #server: Server = createServer((incoming, outgoing) => {
    if (this.isAway) return void incoming.socket.destroy()
    const parts: Buffer[] = []
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      const text = Buffer.concat(parts).toString()
      if (incoming.method === 'POST') this.notes.set(String(incoming.headers['idempotency-key'] ?? text), text)
      const body = incoming.method === 'POST' ? text : `[${[...this.notes.values()].join()}]`
      outgoing.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' }).end(body)
    })
  })

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, 'localhost', done))
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

let prebuilt: ReadonlyMap<string, string>
let notes: Notes
let server: FilesBefore
let context: BrowserContext
let profile: string
// One browser for all: each test has an origin of its own.
test.beforeAll(async () => {
  prebuilt = new Map((await prebuiltFiles()).map(({ file, text }) => [`/${file}`, text]))
  profile = newProfile()
  context = await launch(profile)
})
test.afterAll(async () => {
  await context.close()
  dropProfile(profile)
})
test.beforeEach(async () => {
  notes = new Notes()
  server = await new FilesBefore(await notes.start()).start()
  for (const [path, text] of prebuilt) server.files.set(path, text)
  server.files.set('/freshlayer.rules.js', `self.freshlayerRules = ${JSON.stringify(RULES)}`)
  server.files.set('/', DOCUMENT(''))
})
test.afterEach(async () => {
  for (const page of context.pages()) await page.close()
  await server.stop()
  notes.stop()
})

const post = (page: Page, note: string): Promise<number> =>
  page.evaluate(async (text) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const sent = fetch('/api/notes', { method: 'POST', headers, body: JSON.stringify({ text }) })
    return sent.then(
      ({ status }) => status,
      () => 0,
    )
  }, note)

async function expectQueue(page: Page): Promise<void> {
  await controlled(page)
  expect((await read(page, '/api/notes')).text).toBe('[]')
  notes.isAway = true
  expect(await post(page, 'tea')).toBe(202)
  expect(await page.evaluate(() => window.layer.outbox.counts())).toMatchObject({ waiting: 1, needsYou: 0 })
  expect((await read(page, '/api/notes')).text).toContain('tea')
  notes.isAway = false
  await expect.poll(() => page.evaluate(() => window.layer.outbox.counts())).toMatchObject({ waiting: 0 })
  expect([...notes.notes.values()]).toEqual(['{"text":"tea"}'])
}

test('the prebuilt worker loads the part for queued writes', async () => {
  const page = await context.newPage()
  await page.goto(server.url)
  await expectQueue(page)
})

test('the prebuilt part of an own worker does as well', async () => {
  server.files.set(
    '/own.js',
    `importScripts('/freshlayer-attach.js')\nself.addEventListener('activate', (event) => event.waitUntil(clients.claim()))`,
  )
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const page = await context.newPage()
  await page.goto(server.url)
  await expectQueue(page)
})

test('a prebuilt worker whose part is missing is not installed, and one line says why', async () => {
  server.files.delete('/freshlayer-outbox.js')
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  await page.goto(server.url)
  await expect.poll(() => said.filter((text) => text.includes('freshlayer-outbox.js: a 404 given'))).toHaveLength(1)
})

test('rules at runtime that hand the part in queue writes', async () => {
  server.files.set('/own.js', await ownWorker(`attach(self, rules, { outbox })`))
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const page = await context.newPage()
  await page.goto(server.url)
  await expectQueue(page)
})

test('rules at runtime that do not hand it in send writes straight through, and one line says what to do', async () => {
  server.files.set('/own.js', await ownWorker(`attach(self, rules)`))
  server.files.set('/', DOCUMENT(`worker: '/own.js'`))
  const said: string[] = []
  context.on('console', (message) => said.push(message.text()))
  const page = await context.newPage()
  await page.goto(server.url)
  await controlled(page)
  expect(await post(page, 'tea')).toBe(200)
  notes.isAway = true
  expect(await post(page, 'milk')).toBe(0)
  await expect.poll(() => said.filter((text) => text.includes('attach(self, rules, { outbox })'))).toHaveLength(1)
})

/** A worker that the app bundles itself. */
async function ownWorker(call: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-own-worker-'))
  try {
    const entry = join(folder, 'own.ts')
    const source = JSON.stringify(resolve('sw/worker/index.ts'))
    const claim = `self.addEventListener('activate', (event) => event.waitUntil(clients.claim()))`
    writeFileSync(
      entry,
      `import { attach, outbox } from ${source}\nconst rules = ${JSON.stringify(RULES)}\n${call}\n${claim}`,
    )
    const define = { 'process.env.NODE_ENV': '"production"' }
    return await bundle(entry, { platform: 'browser', format: 'iife', define })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
