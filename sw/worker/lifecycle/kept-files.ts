import { Route } from 'workbox-routing'
import { matcherOf, type Rules } from '../../../config/language/index.ts'
import { precacheOf } from '../../../config/names.ts'
import { parseCacheControl } from '../../core/cache-control.ts'
import { isAway, listed } from '../../core/head.ts'
import { timeout } from '../../fetch/clock.ts'
import { forwardedAnswer } from '../../fetch/answer.ts'
import { lineOf } from '../../fetch/matching.ts'
import { discard } from '../../fetch/origin.ts'
import { scope, worker } from '../scope.ts'
import { STALLED_MS } from '../store/database.ts'
import { asFile, insteadOf, notKept, type Precache } from './precache.ts'
import { referencesOf } from './references.ts'
import { patternOf, type RouterRule } from './static-routes.ts'

/** What a page loads as a part of the app. An image may be a user's own, so it takes a rule to be kept. */
const DESTINATIONS: readonly string[] = ['script', 'style', 'font', 'manifest', 'worker', 'sharedworker']

/** The same by the type of an answer, where it is not known what a page has asked for. */
const TYPES = /^([^;]*(javascript|ecmascript|font|manifest\+json|wasm)|text\/css)\b/i

/** Those of them whose text may name others. */
const TEXTS = /^([^;]*(javascript|ecmascript)|text\/css)\b/i

/** The most files that are kept. An app in modules of its own may have hundreds. */
const MAX_FILES = 1000
/** So many are asked for at once. */
const LANES = 4

export interface KeptFiles extends Precache {
  /** The browser has to ask the worker about these files, whatever paths the rules name. */
  readonly routes: readonly RouterRule[]
  /** Keeps what a page had loaded of these URLs before a worker controlled it. */
  fill(urls: readonly string[]): Promise<void>
}

/**
 * The app's own files where no build has listed them: the shell, and the scripts, styles and fonts of the own origin that
 * pages load and no rule matches. The network answers first, as without the layer, so an edited file is there at the next
 * load. The kept copy answers when the network fails or is too slow. At installation the worker keeps the shell, and what
 * the shell's text names; a page names what it had loaded before.
 */
export function keptFiles(rules: Rules): KeptFiles {
  const { navigation, shell: path } = rules
  const shell = path === undefined ? undefined : new URL(path, worker.location.origin).href
  const matches = matcherOf(rules)
  const isRuled = (url: string): boolean => matches(lineOf({ method: 'GET', url })) !== undefined
  const open = (): Promise<Cache> => caches.open(precacheOf(scope()))
  const match = (url: string): Promise<Response | undefined> =>
    caches.match(url, { cacheName: precacheOf(scope()) }).catch(() => undefined)

  /** Asks for these files and for what their texts name, and keeps what belongs to the app. An absent file is left out. */
  const keepAll = async (urls: readonly string[], cache: RequestCache): Promise<void> => {
    const seen = new Set<string>()
    const left: string[] = []
    const add = (found: readonly string[]): void => {
      for (const url of found) {
        if (seen.size === MAX_FILES || seen.has(url) || !isOwn(url) || isRuled(url)) continue
        seen.add(url)
        left.push(url)
      }
    }
    const keepOne = async (url: string): Promise<void> => {
      const response = await fetch(url, { cache })
      const type = response.headers.get('content-type') ?? ''
      if (!TYPES.test(type) || !mayBeKept(response)) return discard(response)
      const text = TEXTS.test(type) ? response.clone().text() : ''
      await store(await open(), url, response, await match(url))
      add(referencesOf(await text, response))
    }
    const lane = async (): Promise<void> => {
      for (let url = left.pop(); url !== undefined; url = left.pop()) await keepOne(url).catch(() => undefined)
    }
    add(urls)
    // A lane that finds nothing to do may be early: another one finds more names.
    while (left.length > 0) await Promise.all(Array.from({ length: LANES }, lane))
  }

  /** Keeps the shell, after what it names: a shell without its script would be an empty page. */
  const keepShell = async (): Promise<void> => {
    if (shell === undefined) return
    const response = await fetch(shell, { cache: 'no-cache' })
    const instead = insteadOf(shell, response)
    if (instead !== undefined) throw new Error(`${shell} answered ${instead}`)
    const text = await response.clone().text()
    await keepAll(referencesOf(text, response), 'no-cache')
    // A browser refuses a redirected response as the answer to a page load.
    const plain = response.redirected ? new Response(response.body, response) : response
    await store(await open(), shell, plain, await match(shell))
  }

  return {
    route: new Route(
      ({ request, url, sameOrigin }) =>
        sameOrigin &&
        DESTINATIONS.includes(request.destination) &&
        !request.headers.has('range') &&
        !isRuled(withoutFragment(url)),
      async ({ request, url, event }) => {
        const kept = match(withoutFragment(url))
        const network = fetch(request)
        const keep = async (): Promise<void> => {
          const response = await network
          if (!mayBeKept(response) || response.type !== 'basic') return
          // The page reads the answer meanwhile: a slow disk delays only the copy.
          const copy = response.clone()
          await store(await open(), withoutFragment(url), copy, await kept)
        }
        event.waitUntil(keep().catch(() => undefined))
        const first = await timeout(navigation.timeoutMs, network, undefined).catch(() => undefined)
        if (first !== undefined && !isAway(first.status)) return first
        const stored = await timeout(STALLED_MS, kept, undefined)
        return stored === undefined ? network : forwardedAnswer(stored, { fwd: 'stale', detail: 'offline' })
      },
    ),
    routes: DESTINATIONS.map((requestDestination) => ({
      condition: { urlPattern: patternOf(worker.location.origin, '*'), requestDestination },
      source: 'fetch-event',
    })),
    hashed: [],
    revised: [],
    folders: [],
    install: () => keepShell().catch(notKept),
    activate: () => Promise.resolve(),
    async tidy() {
      // The server may have another shell since this worker was installed.
      await keepShell().catch(() => undefined)
      const cache = await open()
      const stored = await cache.keys()
      const isForeign = ({ url }: Request): boolean => /[?&/]__freshlayer[=/]/.test(url)
      const over = stored.filter((request) => !isForeign(request) && request.url !== shell).slice(0, -MAX_FILES)
      await Promise.all([...stored.filter(isForeign), ...over].map((request) => cache.delete(request)))
    },
    match,
    fill: (urls) => keepAll(urls, 'default'),
  }
}

/** Stores a response unless the stored one is the same. */
async function store(cache: Cache, url: string, response: Response, stored: Response | undefined): Promise<void> {
  if (stored !== undefined && isSame(stored, response)) return discard(response)
  await timeout(STALLED_MS, cache.put(url, asFile(response)), undefined).catch(notStored)
}

const notStored = (): void => undefined

/** Whether two answers are the same by their validators. Without one they are not. */
const isSame = ({ headers: one }: Response, { headers: other }: Response): boolean => {
  const [etag, modified, length] = ['etag', 'last-modified', 'content-length'].map(
    (name) => [one.get(name), other.get(name)] as const,
  )
  const equal = (pair: readonly [string | null, string | null] | undefined): boolean =>
    pair !== undefined && pair[0] !== null && pair[0] === pair[1]
  return equal(etag) || (etag?.every((each) => each === null) === true && equal(modified) && equal(length))
}

/** Whether an answer may be kept for every user of this browser (I3, I5). */
function mayBeKept({ status, redirected, headers }: Response): boolean {
  const { noStore, private: isPrivate } = parseCacheControl(headers.get('cache-control') ?? '')
  const varies = listed(headers.get('vary')?.toLowerCase()).some((name) => /^(\*|cookie|authorization)$/.test(name))
  const isDocument = headers.get('content-type')?.startsWith('text/html') === true
  return status === 200 && !redirected && !noStore && !isPrivate && !varies && !isDocument
}

const isOwn = (url: string): boolean => URL.canParse(url) && new URL(url).origin === worker.location.origin

const withoutFragment = ({ origin, pathname, search }: URL): string => origin + pathname + search
