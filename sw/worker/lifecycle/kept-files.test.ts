import { beforeEach, describe, expect, it, vi } from 'vitest'
import { compileRules } from '../../../config/language/index.ts'

const HOME = 'https://app.test'
vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL(`${HOME}/freshlayer-sw.js`))
vi.stubGlobal('registration', { scope: `${HOME}/` })
vi.spyOn(console, 'warn').mockImplementation(() => undefined)
const { keptFiles } = await import('./kept-files.ts')

/** What is kept, by URL. */
const kept = new Map<string, Response>()
const cache = {
  put: async (url: string, response: Response) => void kept.set(url, new Response(await response.text(), response)),
  keys: () => Promise.resolve([...kept.keys()].map((url) => ({ url }))),
  delete: ({ url }: { url: string }) => Promise.resolve(kept.delete(url)),
}
vi.stubGlobal('caches', {
  open: () => Promise.resolve(cache),
  match: (url: string) => Promise.resolve(kept.get(url)?.clone()),
})

/** What the server has; without it every request fails. */
let server: ((path: string) => Response) | undefined
const asked: string[] = []
vi.stubGlobal('fetch', async (input: string | Request) => {
  const url = typeof input === 'string' ? input : input.url
  asked.push(url.replace(HOME, ''))
  if (server === undefined) throw new TypeError('Failed to fetch')
  const response = server(url.replace(HOME, ''))
  return Object.defineProperties(response, { url: { value: url }, type: { value: 'basic' } })
})

const script = (text: string, fields: Record<string, string> = {}): Response =>
  new Response(text, { headers: { 'content-type': 'text/javascript', ...fields } })

const rules = compileRules({
  version: '1',
  identity: 'none',
  shell: '/index.html',
  routes: [{ match: '/ruled/**', fresh: '5m' }],
})

beforeEach(() => {
  kept.clear()
  asked.length = 0
})

/** What a page gets that loads a script, once the copy is kept. */
async function load(path: string, destination = 'script'): Promise<string> {
  const { route } = keptFiles(rules)
  const url = new URL(path, HOME)
  const request = Object.defineProperty(new Request(url), 'destination', { value: destination })
  const work: Promise<unknown>[] = []
  const event = { request, waitUntil: (each: Promise<unknown>) => work.push(each) } as never
  if (!route.match({ url, request, event, sameOrigin: true })) return 'untouched'
  const answer = await route.handler.handle({ request, url, event })
  const text = await answer.text()
  await Promise.all(work)
  return text
}

describe('a file of an app without a build', () => {
  it('is the network’s at each load, and the kept one without the network and where the server is away', async () => {
    server = () => script('one')
    expect(await load('/a.js')).toBe('one')
    server = () => script('two')
    expect(await load('/a.js')).toBe('two')
    server = undefined
    expect(await load('/a.js')).toBe('two')
    server = () => new Response('bad gateway', { status: 502 })
    expect(await load('/a.js')).toBe('two')
  })

  it('fails as the network does where none is kept', async () => {
    server = undefined
    await expect(load('/a.js')).rejects.toThrow('Failed to fetch')
  })

  it.each([
    ['forbids it', script('x', { 'cache-control': 'no-store' })],
    ['is one user’s', script('x', { 'cache-control': 'private, max-age=60' })],
    ['differs by cookies', script('x', { vary: 'Accept, Cookie' })],
    ['is a document', script('x', { 'content-type': 'text/html' })],
    ['is an error', new Response('x', { status: 404, headers: { 'content-type': 'text/javascript' } })],
  ])('is not kept where the answer %s (I3, I5)', async (_, response) => {
    server = () => response
    expect(await load('/a.js')).toBe('x')
    expect([...kept]).toEqual([])
  })

  it.each([
    ['an image, which may be a user’s own', '/me.png', 'image'],
    ['what the app fetches itself', '/data.js', ''],
    ['what a rule matches', '/ruled/a.js', 'script'],
  ])('is never %s', async (_, path, destination) => {
    server = () => script('x')
    expect(await load(path, destination)).toBe('untouched')
  })

  it('is not written again where its validator is the same', async () => {
    const put = vi.spyOn(cache, 'put')
    server = () => script('one', { etag: '"1"' })
    await load('/a.js')
    await load('/a.js')
    expect(put).toHaveBeenCalledTimes(1)
    server = () => script('two', { etag: '"2"' })
    await load('/a.js')
    expect(put).toHaveBeenCalledTimes(2)
    put.mockRestore()
  })
})

const HTML = '<link rel="stylesheet" href="/a.css"><script type="module" src="/a.js"></script>'
const APP: Readonly<Record<string, [text: string, type: string]>> = {
  '/index.html': [HTML, 'text/html'],
  '/a.css': ['@import "b.css"', 'text/css'],
  '/b.css': ['', 'text/css'],
  '/a.js': ["import './b.js'\nimport './gone.js'", 'text/javascript'],
  '/b.js': ["import './a.js'", 'text/javascript'],
}
const app = (path: string): Response => {
  const [text, type] = APP[path] ?? []
  return text === undefined || type === undefined
    ? new Response('', { status: 404 })
    : new Response(text, { headers: { 'content-type': type } })
}
const paths = (): string[] => [...kept.keys()].map((url) => url.replace(HOME, '')).toSorted()

describe('the shell of an app without a build', () => {
  it('is kept with all that its text names, and with what that names, each asked for once', async () => {
    server = app
    await keptFiles(rules).install()
    expect(paths()).toEqual(['/a.css', '/a.js', '/b.css', '/b.js', '/index.html'])
    expect(asked.toSorted()).toEqual(['/a.css', '/a.js', '/b.css', '/b.js', '/gone.js', '/index.html'])
  })

  it('keeps the worker from nothing where the server has none', async () => {
    server = () => new Response('', { status: 404 })
    await expect(keptFiles(rules).install()).resolves.toBeUndefined()
    expect(paths()).toEqual([])
  })

  it('is looked for anew at idle, and what other workers of the scope had kept is deleted', async () => {
    server = app
    const files = keptFiles(rules)
    await files.install()
    kept.set(`${HOME}/old.html?__freshlayer=1`, new Response(''))
    server = (path) =>
      path === '/index.html'
        ? new Response('<script src="/c.js"></script>', { headers: { 'content-type': 'text/html' } })
        : script('')
    await files.tidy()
    expect(await kept.get(`${HOME}/index.html`)?.text()).toContain('/c.js')
    expect(paths()).toContain('/c.js')
    expect(paths()).not.toContain('/old.html?__freshlayer=1')
  })

  it('is kept with the files that a page names which had loaded them before, of the own origin alone', async () => {
    server = app
    await keptFiles(rules).fill([`${HOME}/a.css`, `${HOME}/ruled/x.js`, 'https://cdn.test/x.js', `${HOME}/index.html`])
    expect(paths()).toEqual(['/a.css', '/b.css'])
  })
})
