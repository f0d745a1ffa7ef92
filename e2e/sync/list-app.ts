import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import type { BrowserContext, Page } from '@playwright/test'
import { dictionaries } from '../../server/dictionaries/dictionaries.ts'
import { evaluatePreconditions, notModifiedFields, strongEntityTag } from '../../server/validators.ts'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { dropProfile, launch, newProfile } from '../support/test.ts'
import { type CountedServer, serveCounted } from './counted-server.ts'

/** An app with one page, its worker, and a backend whose lists a test sets. */
export interface ListApp extends CountedServer {
  readonly page: Page
  /** The body of each path, the query left out of account. */
  readonly bodies: Map<string, string>
  /** `Cache-Control` of each path. Default: none. */
  readonly control: Map<string, string>
  /** Reads a path as the app does: the digest of the text, hex, and what the layer says of it. */
  read(path: string): Promise<{ readonly digest: string; readonly status: string }>
}

export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex')

const PAGE =
  "<!doctype html><meta charset=utf-8><title>lists</title><script>navigator.serviceWorker.register('/sw.js')</script>"

export async function openListApp(): Promise<ListApp> {
  const folder = 'dist/e2e-sync'
  await mkdir(folder, { recursive: true })
  await buildWorker({ config: 'e2e/sync/rules-of-lists.ts', out: `${folder}/sw-of-lists.js` })
  const script = await readFile(`${folder}/sw-of-lists.js`, 'utf8')
  const bodies = new Map<string, string>()
  const control = new Map<string, string>()
  const compressed = dictionaries({ principalOf: 'everyone' })
  const server = await serveCounted(async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/') return new Response(PAGE, { headers: { 'content-type': 'text/html' } })
    if (pathname === '/sw.js') return new Response(script, { headers: { 'content-type': 'text/javascript' } })
    if (pathname === '/sign-out')
      return new Response('{}', { headers: { 'content-type': 'application/json', 'clear-site-data': '"cache"' } })
    const body = bodies.get(pathname)
    if (body === undefined) return new Response('{}', { status: 404, headers: { 'cache-control': 'no-store' } })
    if (request.method !== 'GET') return new Response('{}', { headers: { 'content-type': 'application/json' } })
    const etag = strongEntityTag(body)
    const said = control.get(pathname)
    const fields = { 'content-type': 'application/json', etag, ...(said && { 'cache-control': said }) }
    const outcome = evaluatePreconditions('GET', (name) => request.headers.get(name) ?? undefined, { etag })
    const response =
      outcome === 'not-modified'
        ? new Response(null, { status: 304, headers: notModifiedFields(fields) })
        : new Response(body, { headers: fields })
    return compressed(request, response)
  })
  const profile = newProfile()
  const context: BrowserContext = await launch(profile)
  const page = await context.newPage()
  await page.goto(server.url)
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)
  return {
    ...server,
    page,
    bodies,
    control,
    read: (path) =>
      page.evaluate(async (path) => {
        const response = await fetch(path)
        const bytes = await response.arrayBuffer()
        const digest = [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))]
        return {
          digest: digest.map((byte) => byte.toString(16).padStart(2, '0')).join(''),
          status: response.headers.get('cache-status') ?? '',
        }
      }, path),
    stop: async () => {
      await context.close()
      dropProfile(profile)
      await server.stop()
    },
  }
}
