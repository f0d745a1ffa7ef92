import { Route } from 'workbox-routing'
import { precacheOf } from '../../../config/names.ts'
import { HASHED_NAME } from '../../core/hashed-name.ts'
import { forwardedAnswer } from '../../fetch/answer.ts'
import { STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { isMissing, tellOutdated } from './outdated.ts'
import { report } from '../report.ts'
import { scope, worker } from '../scope.ts'
import { STALLED_MS } from '../store/database.ts'

/** One of the app's files, in the form of `workbox-build`'s list. */
export interface FileEntry {
  /** Relative to the worker, or absolute. */
  readonly url: string
  /** Changes with the content; null when the name contains a hash of it. */
  readonly revision: string | null
  /** As in `<script integrity>`. Default: none. */
  readonly integrity?: string
}

/** The app's own files, stored when the worker is installed. */
export interface Precache {
  readonly route: Route
  /** Absolute URLs of files with a hash in their name, whose content never changes. */
  readonly hashed: readonly string[]
  /** Absolute URLs of the other files. */
  readonly revised: readonly string[]
  /** Folders of the files with a hash in their name, also those of earlier builds. Absolute, with a final `/`. */
  readonly folders: readonly string[]
  /**
   * Stores the files that are not stored yet. Rejects when the server lacks a file: then the worker is not installed.
   */
  install(): Promise<unknown>
  /** Runs when this build takes over. Records the open pages, which may still need files of the build before. */
  activate(): Promise<unknown>
  /** Deletes the files of earlier builds when no open page may need them any more. */
  tidy(): Promise<void>
  /** A stored file; undefined when it is not stored. */
  match(url: string): Promise<Response | undefined>
}

const FROM_STORE = { hit: true, detail: 'precache' } as const

/** The key, beside the files, of the list of pages that were open when this build took over. */
const OPEN_PAGES = '/__freshlayer/open-pages'

/**
 * @param entries the files of the build. A bare URL has a hash in its name.
 * @param shell the document that answers for other pages. If it is not an entry, the server renders it, and each new
 * worker fetches it. Default: none.
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
  /** Whether a file belongs to this build, or to an earlier one that an open page may still use. */
  const isOfAnyBuild = (url: string): boolean =>
    files.has(url) || (folders.includes(folderOf(url)) && HASHED_NAME.test(url.slice(folderOf(url).length)))
  const match = async (url: string): Promise<Response | undefined> =>
    url === rendered || isOfAnyBuild(url)
      ? caches.match(files.get(url)?.key ?? url, { cacheName: precacheOf(scope()) }).catch(() => undefined)
      : undefined
  /** How long to wait for a stored file; 0 while an earlier call to Cache Storage is still pending. */
  let limitMs = STORE_LIMIT_MS
  return {
    route: new Route(
      // No page loads: they go to the network first (I9). No range requests: the stored files are whole (I8).
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
          // Nothing else can answer, so a slow disk is waited for.
          const late = await timeout(STALLED_MS, matched, undefined)
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
      // One file after the other, so that the loading page can use the network first.
      for (const [url, { key, revision, integrity = '' }] of files) {
        if (stored.has(key)) continue
        const response = await fetchFile(url, integrity, revision === null ? 'default' : 'no-cache')
        await cache.put(key, asFile(response))
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
      // A newer build may have stored its files, which this build does not list.
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

/** Fetches a file. Rejects when the server answers with something else, which would be served as long as the build. */
async function fetchFile(url: string, integrity: string, cache: RequestCache): Promise<Response> {
  const response = await fetch(url, { cache, credentials: 'same-origin', integrity })
  const instead = insteadOf(url, response)
  if (instead === undefined) return response
  await response.body?.cancel()
  // The wrong answer may come from the browser's cache, so the file is requested once more past that cache.
  if (cache !== 'reload') return fetchFile(url, integrity, 'reload')
  throw new Error(`${url} answered ${instead}; until it is there this build cannot be installed`)
}

/**
 * What the server sent instead of a file or a document, such as the app's own page or a redirect to a sign-in; undefined:
 * what was asked for.
 */
export function insteadOf(url: string, response: Response): string | number | undefined {
  const { pathname } = new URL(url)
  if (!response.ok) return response.status
  if (response.redirected && plain(new URL(response.url).pathname) !== plain(pathname)) return `by ${response.url}`
  return isDocument(response) && OTHER_NAME.test(pathname) ? 'with a page' : undefined
}

/** The path of a document in its short form: servers redirect `/a/index.html` to `/a/`. */
const plain = (pathname: string): string => pathname.replace(/(\/index)?\.html?$|\/$/, '')

/** Matches the name of a file that is not a document. */
const OTHER_NAME = /\.(?!\w*html?$)[^./]+$/i

const isDocument = ({ headers }: Response): boolean => headers.get('content-type')?.startsWith('text/html') === true

async function keepRendered(url: string): Promise<void> {
  const response = await fetch(url, { cache: 'no-cache' })
  // A redirect usually leads to a sign-in page.
  if (!response.ok || response.redirected || !isDocument(response))
    throw new Error(`${url} answered ${response.status}`)
  await (await caches.open(precacheOf(scope()))).put(url, asFile(response))
}

/**
 * A response as the app's files are kept. One that says that it was redirected is refused as the answer to a page load. And
 * a file answers every request for it: by `Vary: Origin`, which servers send beside CORS, the browser would not find it for a script
 * with `crossorigin`, whose request has that field.
 */
export function asFile(response: Response): Response {
  const { body, status, statusText } = response
  const headers = new Headers(response.headers)
  headers.delete('vary')
  // Chromium gives a 204 a body, and takes none of it back. Servers answer so for an empty file.
  return new Response([204, 205].includes(status) ? null : body, { status, statusText, headers })
}

export const notKept = (error: unknown): void =>
  report('the shell could not be stored; pages that were never loaded are not available offline', error)

async function openPages(): Promise<string[]> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return pages.map(({ id }) => id)
}

/** The key of a file. Each revision has its own URL, so a file that two builds share is stored once. */
const keyOf = ({ url, revision }: FileEntry): string =>
  absolute(revision === null ? url : `${url}?__freshlayer=${revision}`)

const absolute = (path: string): string => new URL(path, worker.location.href).href

const folderOf = (url: string): string => url.slice(0, url.lastIndexOf('/') + 1)

/** The URL without fragment, as in the build's list. */
const bare = ({ origin, pathname, search }: URL): string => origin + pathname + search
