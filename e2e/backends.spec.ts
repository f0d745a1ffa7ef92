import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Page } from '@playwright/test'
import { type Backend, BACKENDS, type Front, frontsOf, hits, isKept, validatedBy } from './support/backends.ts'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, expect, read, stopWorkers, test } from './support/test.ts'

/** A row that the backend has. A `PUT` through the app, or another user, gives it a new version. */
interface Row {
  version: number
}

const textOf = ({ version }: Row): string =>
  JSON.stringify({ version, words: 'long enough to be compressed '.repeat(9) })

/** The tag of a 200 in the form that the proxy gives it. */
const TAG_BEHIND: Record<Front, (tag: string) => string> = {
  nothing: (tag) => tag,
  nginx: (tag) => (tag.startsWith('W/') ? tag : `W/${tag}`),
  Apache: (tag) => tag.replace(/"$/, '-gzip"'),
}

const withoutWeakness = (tag: string): string => tag.replace(/^W\//, '')

function isConfirmed({ compares }: Backend, condition: string | undefined, tag: string): boolean {
  if (compares === undefined || condition === undefined) return false
  if (compares === 'text') return condition === tag
  return condition.split(/ *, */).some((each) => withoutWeakness(each) === withoutWeakness(tag))
}

/** Answers a path as the backend does, and as the proxy passes that on. */
function serve(origin: ScriptedOrigin, backend: Backend, front: Front, path: string, row: Row): void {
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'PUT') row.version += 1
    const tag = `${backend.tag === 'weak' ? 'W/' : ''}"v${row.version}"`
    for (const [name, value] of Object.entries(backend.headers)) response.setHeader(name, value)
    if (request.method === 'GET' && isConfirmed(backend, request.headers['if-none-match'], tag)) {
      // A proxy compresses no body here, so it leaves the backend's tag as it is.
      response.setHeader('ETag', tag).writeHead(304).end()
      return
    }
    if (backend.tag !== undefined) response.setHeader('ETag', TAG_BEHIND[front](tag))
    response.setHeader('Content-Type', 'application/json')
    const text = textOf(row)
    if (front === 'nothing') {
      response.setHeader('Content-Length', Buffer.byteLength(text)).writeHead(200).end(text)
      return
    }
    response.appendHeader('Vary', 'Accept-Encoding')
    // Sent in chunks, without a length: the proxy compresses as it goes.
    response.setHeader('Content-Encoding', 'gzip').writeHead(200).end(gzipSync(text))
  }
  if (backend.redirectsToSlash === undefined) return origin.on(path, respond)
  origin.on(`${path}/`, respond)
  origin.on(path, (_request, response) => void response.writeHead(307, { Location: `${origin.url}${path}/` }).end())
}

/** What the layer says on a page's console, from now on. */
function listenTo(page: Page): string[] {
  const said: string[] = []
  page.on('console', (message) => message.text().startsWith('[freshlayer]') && said.push(message.text()))
  return said
}

const reload = async (page: Page): Promise<void> => {
  await page.reload()
  await controlled(page)
}

for (const backend of BACKENDS) {
  test(`a rule over the default headers of ${backend.name}`, async ({ origin, open }) => {
    if (backend.hasUsers) origin.withUsers('identify')
    const rows = frontsOf(backend).map((front) => ({ front, path: `/api/rows/${front}`, row: { version: 1 } }))
    for (const { front, path, row } of rows) serve(origin, backend, front, path, row)
    const page = await open(backend.hasUsers ? '/named/' : '/developed/')
    if (backend.hasUsers) {
      await page.evaluate(() => localStorage.setItem('user', 'ada'))
      await page.evaluate(() => window.layer.identify('ada'))
    }
    const said = listenTo(page)
    for (const { front, path, row } of rows) {
      const answers = (): number[] =>
        origin
          .of(backend.redirectsToSlash ? `${path}/` : path)
          .filter(({ method }) => method === 'GET')
          .map(({ status }) => status)

      await test.step(`online, behind ${front}`, async () => {
        expect((await read(page, path)).text).toBe(textOf(row))
        const second = await read(page, path)
        expect(second.text).toBe(textOf(row))
        const { obstacle } = await page.evaluate((path) => window.layer.explain(path), path)
        if (hits(backend)) {
          expect(second.headers['cache-status']).toMatch(/^Freshlayer; hit/)
          expect(answers()).toHaveLength(1)
          expect(obstacle).toBeUndefined()
        } else {
          expect(second.headers['cache-status']).toMatch(new RegExp(`; fwd=.*; detail=${backend.obstacle?.why}(;|$)`))
          expect(answers()).toHaveLength(2)
          expect(obstacle?.why).toBe(backend.obstacle?.why)
          expect(obstacle?.field).toContain(backend.obstacle?.field)
        }
      })
      await test.step(`a change by the app, behind ${front}`, async () => {
        await page.evaluate((path) => fetch(path, { method: 'PUT', body: '{}' }), path)
        expect(row.version).toBe(2)
        expect((await read(page, path)).text).toBe(textOf(row))
      })
      await test.step(`a change by another user, behind ${front}`, async () => {
        row.version += 1
        await reload(page)
        expect((await read(page, path)).text).toBe(textOf(row))
      })
      await test.step(`what has not changed, behind ${front}`, async () => {
        await reload(page)
        expect((await read(page, path)).text).toBe(textOf(row))
        await expect.poll(() => answers().at(-1)).toBe(validatedBy(backend, front))
      })
    }
    const { 'Cache-Control': decides = backend.obstacle?.field } = backend.headers
    if (decides !== undefined) {
      await test.step('development names the field that decides', () =>
        expect.poll(() => said.join('\n')).toContain(decides))
    }
    await test.step('offline', async () => {
      await origin.stop()
      await stopWorkers(page)
      for (const { path, row } of rows) {
        if (isKept(backend)) expect((await read(page, path)).text).toBe(textOf(row))
        else await expect(read(page, path)).rejects.toThrow('Failed to fetch')
      }
    })
  })
}
