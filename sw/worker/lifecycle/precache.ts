import { Route } from 'workbox-routing'
import { precacheOf } from '../../../config/names.ts'
import { HASHED_NAME } from '../../core/hashed-name.ts'
import { forwardedAnswer } from '../requests/answer.ts'
import { STORE_LIMIT_MS, timeout } from '../clock.ts'
import { isMissing, tellOutdated } from './outdated.ts'
import { report } from '../report.ts'
import { scope, worker } from '../scope.ts'

/** One of the app's files, as `workbox-build` lists it. */
export interface FileEntry {
  /** Relative to the worker, or absolute. */
  readonly url: string
  /** Moves with the content; null where the name has a hash of it. */
  readonly revision: string | null
  /** As in `<script integrity>`. Default: none. */
  readonly integrity?: string
}

/** The app's own files, stored when the worker is installed. */
export interface Precache {
  readonly route: Route
  /** Absolute URLs of files whose content never changes, for their name has a hash. */
  readonly hashed: readonly string[]
  /** Absolute URLs of the others. */
  readonly revised: readonly string[]
  /** Where files with a hash in their name lie: those of an earlier build did as well. Absolute, with their `/`. */
  readonly folders: readonly string[]
  /** Stores what is not stored yet. Rejects when a file is not to be had: then the worker is not installed. */
  install(): Promise<unknown>
  /** This build takes over: notes which pages may still need files of the one before. */
  activate(): Promise<unknown>
  /** Removes the files of earlier builds once no page is left that may need them. */
  tidy(): Promise<void>
  /** A stored file; undefined when it is not among them. */
  match(url: string): Promise<Response | undefined>
}

const FROM_STORE = { hit: true, detail: 'precache' } as const

/** Where it is noted which pages were open when this build took over, beside the files. */
const OPEN_PAGES = '/__freshlayer/open-pages'

/**
 * @param entries what the build lists; a URL alone has a hash in its name.
 * @param shell the document that stands in for others. One that is not among the entries is made by the server, and is
 * asked for anew whenever a worker is installed. Default: none.
 */
export function precache(entries: readonly (FileEntry | string)[], shell?: string): Precache {
  const files = new Map(
    entries
      .map((entry) => (typeof entry === 'string' ? { url: entry, revision: null } : entry))
      .map((entry) => [absolute(entry.url), { ...entry, key: keyOf(entry) }] as const),
  )
  const urls = [...files.keys()]
  const isHashed = (url: string): boolean => files.get(url)?.revision === null
  const hashed = urls.filter(isHashed)
  const folders = [...new Set(hashed.map(folderOf))]
  const rendered = shell === undefined || files.has(absolute(shell)) ? undefined : absolute(shell)
  /** Of this build, or of one before it that an open page belongs to. */
  const isOfAnyBuild = (url: string): boolean =>
    files.has(url) || (folders.includes(folderOf(url)) && HASHED_NAME.test(url.slice(folderOf(url).length)))
  const match = async (url: string): Promise<Response | undefined> =>
    url === rendered || isOfAnyBuild(url)
      ? caches.match(files.get(url)?.key ?? url, { cacheName: precacheOf(scope()) }).catch(() => undefined)
      : undefined
  /** How long a file is waited for: not at all while Cache Storage still owes an answer. */
  let limitMs = STORE_LIMIT_MS
  return {
    route: new Route(
      // Never a page: those go to the network first (I9). Never a part of a file: what is stored is whole (I8).
      ({ request, url }) => request.mode !== 'navigate' && !request.headers.has('range') && isOfAnyBuild(bare(url)),
      async ({ request, url, event }) => {
        const matched = match(bare(url))
        const stored = await timeout(limitMs, matched, 'late')
        if (stored instanceof Response) return forwardedAnswer(stored, FROM_STORE)
        if (stored === 'late') {
          report('Cache Storage takes long to answer; files come from the network meanwhile', url.href)
          limitMs = 0
          void matched.then(() => (limitMs = STORE_LIMIT_MS))
        }
        const response = await fetch(request).catch(async (error: unknown) => {
          const late = await timeout(STORE_LIMIT_MS, matched, undefined)
          if (late === undefined) throw error
          return forwardedAnswer(late, FROM_STORE)
        })
        if (isMissing(request, response)) event.waitUntil(tellOutdated((event as FetchEvent).clientId, url.href))
        return response
      },
    ),
    hashed,
    revised: urls.filter((url) => !isHashed(url)),
    folders,
    async install() {
      const cache = await caches.open(precacheOf(scope()))
      const stored = new Set((await cache.keys()).map(({ url }) => url))
      // One after the other: the page that is loading has the network first.
      for (const [url, { key, revision, integrity = '' }] of files) {
        if (stored.has(key)) continue
        const response = await fetchFile(url, integrity, revision === null ? 'default' : 'reload')
        // No page load may be answered by what was redirected.
        await cache.put(key, response.redirected ? new Response(response.body, response) : response)
      }
      if (rendered !== undefined) await keepRendered(rendered).catch(notKept)
    },
    async activate() {
      const note = async (): Promise<void> => {
        const cache = await caches.open(precacheOf(scope()))
        await cache.put(OPEN_PAGES, Response.json(await openPages()))
      }
      // Page loads wait until the worker is activated.
      await timeout(STORE_LIMIT_MS, note(), undefined)
    },
    async tidy() {
      const { installing, waiting } = worker.registration
      // What a newer build has stored is not among the files of this one.
      if (installing !== null || waiting !== null) return
      const cache = await caches.open(precacheOf(scope()))
      const noted: unknown = await (await cache.match(OPEN_PAGES))?.json()
      if (!Array.isArray(noted)) return
      const open = new Set<unknown>(await openPages())
      if (noted.some((page) => open.has(page))) return
      const needed = new Set([...[...files.values()].map(({ key }) => key), rendered])
      const stored = await cache.keys()
      await Promise.all(stored.filter(({ url }) => !needed.has(url)).map((request) => cache.delete(request)))
    },
    match,
  }
}

/** A file as the server has it. Rejects where something else came in its place: that would stay for as long as the build. */
async function fetchFile(url: string, integrity: string, cache: RequestCache): Promise<Response> {
  const response = await fetch(url, { cache, credentials: 'same-origin', integrity })
  const instead = insteadOf(url, response)
  if (instead === undefined) return response
  await response.body?.cancel()
  // The browser may keep what came for as long as it would keep the file.
  if (cache === 'default') return fetchFile(url, integrity, 'reload')
  throw new Error(`${url} answered ${instead}; until it is there this build cannot be installed`)
}

/** What came in place of a file: servers answer with the app's own page, or lead to a sign-in. */
function insteadOf(url: string, response: Response): string | number | undefined {
  const { pathname } = new URL(url)
  if (!response.ok) return response.status
  if (response.redirected && plain(new URL(response.url).pathname) !== plain(pathname)) return `by ${response.url}`
  return isDocument(response) && OTHER_NAME.test(pathname) ? 'with a page' : undefined
}

/** The path of a document as servers write it that leave out what goes without saying: `/a/index.html` is `/a/`. */
const plain = (pathname: string): string => pathname.replace(/(\/index)?\.html?$|\/$/, '')

/** Of what is no document. */
const OTHER_NAME = /\.(?!\w*html?$)[^./]+$/i

const isDocument = ({ headers }: Response): boolean => headers.get('content-type')?.startsWith('text/html') === true

async function keepRendered(url: string): Promise<void> {
  const response = await fetch(url, { cache: 'no-cache' })
  // A redirect leads to a sign-in page more often than not.
  if (!response.ok || response.redirected || !isDocument(response))
    throw new Error(`${url} answered ${response.status}`)
  await (await caches.open(precacheOf(scope()))).put(url, response)
}

const notKept = (error: unknown): void =>
  report('the shell could not be stored; pages that were never loaded are not available offline', error)

async function openPages(): Promise<string[]> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return pages.map(({ id }) => id)
}

/** Where a file is stored: each revision at a URL of its own, so that what two builds share is stored once. */
const keyOf = ({ url, revision }: FileEntry): string =>
  absolute(revision === null ? url : `${url}?__freshlayer=${revision}`)

const absolute = (path: string): string => new URL(path, worker.location.href).href

const folderOf = (url: string): string => url.slice(0, url.lastIndexOf('/') + 1)

/** Without fragment, as the build lists it. */
const bare = ({ origin, pathname, search }: URL): string => origin + pathname + search
