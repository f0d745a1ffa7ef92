import type { RouteHandlerCallback } from 'workbox-core/types.js'
import { Route, Router } from 'workbox-routing'
import { type Match, type Matcher, matcherOf, type Rule, type Rules } from '../../config/language/index.ts'
import { cacheDatabaseOf, COLLECTIONS_STORE, outboxDatabaseOf } from '../../config/names.ts'
import { isThisMachine } from '../../config/this-machine.ts'
import { EVERYONE, methodOfKey } from '../core/key.ts'
import type { Row } from '../core/row.ts'
import { parseQuestion, refusal } from '../protocol.ts'
import { Channel } from './channel.ts'
import type { collectionsOf } from './collections/collections.ts'
import type { compared } from './requests/compared.ts'
import type { reportConflicts } from './lifecycle/conflicts.ts'
import { Attention } from './requests/attention.ts'
import { fillStore } from './requests/fill-store.ts'
import { Flights } from './requests/flights.ts'
import { Lookup } from './requests/lookup.ts'
import { Housekeeping } from './housekeeping.ts'
import type { IdentityOf } from './identity/identity.ts'
import { ResponseStore } from './requests/response-store.ts'
import type { isQuery } from './requests/graphql.ts'
import { isRead } from './requests/is-read.ts'
import { lineOf, requestMatcher } from '../fetch/matching.ts'
import { type Answering, answering } from './messages/answering.ts'
import { explain } from './messages/explain.ts'
import { fill } from './messages/fill.ts'
import { hello } from './messages/hello.ts'
import type { hintsOf } from './messages/hints.ts'
import { identify } from './messages/identify.ts'
import { invalidate } from './messages/invalidate.ts'
import { probe } from './messages/probe.ts'
import { refresh } from './messages/refresh.ts'
import { remove } from './messages/remove.ts'
import { signOut } from './messages/sign-out.ts'
import { stats } from './messages/stats.ts'
import { takeOver } from './messages/take-over.ts'
import { validate } from './messages/validate.ts'
import { isServed, makeWay } from './lifecycle/make-way.ts'
import { isPageLoad, navigate, passThrough } from './lifecycle/navigation.ts'
import type { pagesBy } from './lifecycle/pages.ts'
import type { racesOf } from './lifecycle/races.ts'
import type { Precache } from './lifecycle/precache.ts'
import type { postAnswers } from './requests/post-answers.ts'
import type { tagsOfAnswer } from '../fetch/answer-tags.ts'
import type { polling } from './requests/polling.ts'
import type { Ranges } from './requests/ranges.ts'
import { Reachability } from './requests/reachability.ts'
import type { Asked } from './requests/read-context.ts'
import { readOf, ruleOfRow } from './requests/read.ts'
import type { UrlOf } from '../fetch/targets.ts'
import { PageLoads } from './requests/page-loads.ts'
import { Obstacles } from './requests/obstacles.ts'
import { Reads } from './requests/answer-read.ts'
import { Sender } from './requests/send.ts'
import { report } from './report.ts'
import { scope, worker } from './scope.ts'
import { Secrets } from './identity/secrets.ts'
import { addStaticRoutes } from './lifecycle/static-routes.ts'
import { NOTHING_PENDING, Statistics } from './statistics.ts'
import { clearCollections } from './store/clear-collections.ts'
import type { ConflictPart, Send, WitnessPart } from './outbox/attempts.ts'
import type { batchesOf } from './outbox/batches.ts'
import type { mergedIn } from './outbox/coalescing.ts'
import type { outboxOf } from './outbox/outbox.ts'
import type { RecordPart } from './outbox/records.ts'
import type { rowMarks } from './outbox/row-marks.ts'
import { openStore, type UseStore } from './store/database.ts'
import { storeOver } from './store/store.ts'
import type { Structured } from './requests/structured.ts'
import type { VersionedPorts } from './requests/versions.ts'
import { Writes } from './requests/writes.ts'

/** What a worker is made of beside its rules: the build leaves out what they do not use. */
export interface Parts {
  /** Tells whose data a request is about. */
  readonly identity: IdentityOf
  /** The app's own files; without them pages are not available offline. */
  readonly files?: Precache | undefined
  /** Reads structured fields. */
  readonly structured?: Structured | undefined
  /** Answers with parts, and keeps them. */
  readonly ranges?: Ranges | undefined
  /** Tells GraphQL's queries from its mutations, where the rules say so. */
  readonly isQuery?: typeof isQuery | undefined
  /** Tells what of a body counts where it is compared, where the rules say so. */
  readonly compared?: typeof compared | undefined
  /** Stores answers to writes, where the rules say so. */
  readonly postAnswers?: typeof postAnswers | undefined
  /** Asks light endpoints first, where the rules name some. */
  readonly VersionedSender?: (new (ports: VersionedPorts) => Sender) | undefined
  /** Makes tags of answers to writes, where the rules say so. */
  readonly tagsOfAnswer?: typeof tagsOfAnswer | undefined
  /** Polls what pages show, where the rules say so. */
  readonly polling?: typeof polling | undefined
  /** Keeps the pages of a server, where the rules say so. */
  readonly pagesBy?: typeof pagesBy | undefined
  /** Lets the network race a worker that has to start, where the rules say so. */
  readonly racesOf?: typeof racesOf | undefined
  /** Heeds what the server says has changed, where the rules name a feed. */
  readonly hintsOf?: typeof hintsOf | undefined
  /** Keeps lists row by row, where the rules say so. */
  readonly collectionsOf?: typeof collectionsOf | undefined
  /** Queues writes, where the rules say so. */
  readonly outboxOf?: typeof outboxOf | undefined
  /** Finds out what became of queued writes, where the rules say how. */
  readonly witness?: WitnessPart | undefined
  /** Does what the rules say of queued writes whose row is another by now. */
  readonly conflicts?: ConflictPart | undefined
  /** Puts queued writes to one row together, where the rules allow it. */
  readonly mergedIn?: typeof mergedIn | undefined
  /** Sends many queued writes in one request, where the rules say where. */
  readonly batchesOf?: typeof batchesOf | undefined
  /** Takes records of pages that have a local store of their own, where the rules say so. */
  readonly records?: RecordPart | undefined
  /** Says which rows of an answer the device has changed, unless the rules do not want it. */
  readonly rowMarks?: typeof rowMarks | undefined
  /**
   * Watches for conflicts in a worker that has work of its own: then its lifecycle and its pages are not the layer's.
   * Default: it has none.
   */
  readonly reportConflicts?: typeof reportConflicts | undefined
  /** What a part may put in front of the layer's own: the kill switch does, and may close each. Default: the layer's own. */
  readonly database?: UseStore
  /** The rows of collections. */
  readonly rowsDatabase?: UseStore
  /** The queued writes. */
  readonly outboxDatabase?: UseStore
  readonly channel?: Channel
  readonly router?: Router
  readonly before?: (answer: Answering) => Answering
  /** Finds the rule of a request. Default: by the patterns of the rules. */
  readonly match?: Matcher
  /** The rule by which a stored answer is kept by now; undefined: none any more. Default: that of its URL. */
  readonly ruleOf?: (row: Row) => Rule | undefined
}

/** Answers one request that a rule matches. Rejects as the network did, when there is no answer at all. */
export type Answer = (asked: {
  readonly request: Request
  readonly event: Pick<FetchEvent, 'clientId' | 'waitUntil'>
  /** The rule of the request. */
  readonly params: Match
}) => Promise<Response>

/** So often a worker that is at work on a question says so: the tab waits two seconds from the last word. */
const WORKING_MS = 1000

/**
 * Starts the layer in this worker. Everything is wired here, and nothing happens before it is called.
 *
 * @returns how requests are answered, for a worker that has a router of its own.
 */
export function start(
  rules: Rules,
  {
    identity: identityOf,
    files,
    router = new Router(),
    database = openStore(cacheDatabaseOf(scope()), 'relaxed'),
    rowsDatabase = openStore(cacheDatabaseOf(scope()), 'relaxed', COLLECTIONS_STORE),
    outboxDatabase = openStore(outboxDatabaseOf(scope()), 'strict'),
    channel = new Channel(),
    structured,
    ranges,
    isQuery,
    compared,
    postAnswers: answersOf,
    VersionedSender: SenderOf = Sender,
    tagsOfAnswer,
    polling: pollingOf,
    pagesBy,
    racesOf,
    hintsOf,
    collectionsOf: keptBy,
    outboxOf: queuedBy,
    witness,
    conflicts,
    mergedIn,
    batchesOf,
    records,
    rowMarks,
    reportConflicts,
    before = (answer) => answer,
    match = matcherOf(rules),
    ruleOf = (row) => ruleOfRow(match, rules.navigation.pages, row),
  }: Parts,
): Answer {
  const store = storeOver(
    database,
    rules,
    ({ key, url }) => readOf(match, url, methodOfKey(key))?.tags ?? [],
    (change) => channel.changes([change]),
  )
  // The database opens while the rest starts. A failure shows when the first answer needs it.
  store.writer.load().catch(() => undefined)
  const { writer, generations } = store
  const policies = structured?.policies(writer)
  const urlOf: UrlOf = (url) => policies?.urlOf(url) ?? url
  const secrets = new Secrets(writer)
  const config = rules.identity === 'none' ? { by: [] } : rules.identity
  const identities = identityOf(config, { ...store, channel, secrets })
  const { sessions } = identities
  const reachability = new Reachability(channel, () => outbox?.noteAnswer())
  const statistics = new Statistics(writer)
  const shared = {
    ...store,
    match,
    channel,
    structured,
    ranges,
    compared,
    urlOf,
    policies,
    ...identities,
    reachability,
    secrets,
    statistics,
    obstacles: new Obstacles(statistics),
    attention: new Attention(),
    polling: pollingOf?.(),
    identifiedBy: config.by,
    routes: rules.routes,
  }
  const responses = new ResponseStore(shared)
  const sender = new SenderOf({ ...shared, askAgain: (read, plan) => flights.launch(read, plan, false).landed })
  const flights = new Flights({ ...shared, responses, sender })
  const loads = new PageLoads()
  const lookup = new Lookup(store.rows)
  const collections = rules.collections && keptBy?.(rules.collections, { ...shared, loads }, rowsDatabase, rules.budget)
  // A worker without collections erases what one with them has left: it could not tell what of it has been removed.
  store.erasure.eraseCollections = collections?.erase ?? (() => clearCollections(rowsDatabase))
  const ports = { ...shared, responses, sender, flights, loads, lookup, files, collections }
  const writes = new Writes({ ...ports, tagsOfAnswer, postAnswers: answersOf?.(ports) })
  const hints = hintsOf?.(ports)
  const write: Send = (request, as, clientId, waitUntil) => {
    const ended = [...as.tags]
    const written = writes.answer(request, as, clientId, waitUntil, ended)
    hints?.note(written, ended)
    if (as.rule.session !== undefined) outbox?.noteSession(written)
    if (collections === undefined) return written
    return written.then((response) => {
      collections.noteWrite(request, response, waitUntil)
      return response
    })
  }
  const { liveness } = writer
  const queuing = {
    ...shared,
    liveness,
    send: write,
    collections: rules.collections?.all,
    kept: collections,
    entities: rules.writes.flatMap(({ queue }) => queue?.entity ?? []),
    witness,
    conflicts,
    mergedIn,
    batchesOf,
    records,
    rowMarks,
  }
  const outbox = rules.outbox && queuedBy?.(rules.outbox, queuing, outboxDatabase)
  const reads = new Reads({ ...ports, overlaid: outbox?.reads })
  const answer = before(
    answering(
      {
        ...ports,
        outbox,
        fillStore: (asked: Asked) => fillStore(ports, asked),
      },
      {
        hello,
        fill,
        identify,
        'sign-out': signOut,
        explain: async (of, question, clientId) => ({
          ...(await explain(of, question, clientId)),
          ...(await collections?.explained(question.url, clientId)),
        }),
        invalidate,
        remove,
        refresh,
        validate,
        stats,
        'sync-stats': () => Promise.resolve(NOTHING_PENDING),
        probe,
        'take-over': takeOver,
        ...(hints && { hint: hints.answer }),
        ...collections?.answerers,
        ...outbox?.answerers,
      },
    ),
  )
  const pagesRule = rules.navigation.pages
  const pages = pagesRule && pagesBy?.(pagesRule, ports)
  const housekeeping = new Housekeeping({ ...ports, ruleOf })
  channel.onOthersChange(({ ended }) => {
    writer.reread()
    outbox?.reread()
    if (ended !== undefined && ended !== EVERYONE) generations.advance(ended)
  })
  const activate = (): void => {
    writer.activate()
    housekeeping.activate()
    outbox?.activate()
  }
  outbox?.listen(activate)

  const known = new Set<string>()
  const matchOf = requestMatcher(match)
  const handle: Answer = ({ request, event, params: found }) => {
    activate()
    housekeeping.noteActivity()
    const { clientId } = event
    const waitUntil = (work: Promise<unknown>): void => event.waitUntil(work)
    const answered = (as: Match): Promise<Response> => {
      if (as.kind === 'read') return reads.answer({ request, match: as, clientId, waitUntil })
      const queue = as.rule.queue && outbox
      return queue ? queue.answer(request, as, clientId, waitUntil) : write(request, as, clientId, waitUntil)
    }
    if (found.kind === 'write' || found.rule.reads === undefined || request.method !== 'POST') return answered(found)
    return isRead(request, found.rule, isQuery).then((is) => {
      const meant = is ? found : match(lineOf(request), true)
      return meant === undefined ? fetch(request) : answered(meant)
    })
  }
  /** Whether the worker has made way for another project on its port, while that is asked and once it has. */
  let isGone: Promise<boolean> | undefined
  const look = (event: FetchEvent): Promise<boolean> =>
    isServed().then((is) => {
      if (is) isGone = undefined
      else event.waitUntil(makeWay(channel, reportConflicts !== undefined))
      return !is
    })
  /** The event that the layer is answering. */
  let ours: FetchEvent | undefined
  const shell = async (): Promise<Response | undefined> =>
    rules.shell === undefined ? undefined : files?.match(new URL(rules.shell, worker.location.origin).href)
  const answersPages = pages !== undefined || (files !== undefined && rules.shell !== undefined)
  if (answersPages) {
    router.registerRoute(
      new Route(
        ({ request, url }) => isPageLoad(request, url, rules),
        ({ event }) => navigate(event as FetchEvent, rules.navigation.timeoutMs, { pages, shell }, reachability),
      ),
    )
    // The browser throws away a preload that is not taken, and asks for the page again: a sign-in would be called back twice.
    router.registerRoute(
      new Route(
        ({ request }) => request.mode === 'navigate',
        ({ event }) => passThrough(event as FetchEvent),
      ),
    )
  }
  if (files !== undefined) router.registerRoute(files.route)
  const sessionOf = matcherOf({ routes: [], writes: rules.writes.filter(({ session }) => session !== undefined) })
  /** A page load that signs a user in or out is watched, never answered. */
  const watch = (event: FetchEvent): void => {
    const found = sessionOf(lineOf(event.request))
    if (found?.kind !== 'write' || found.rule.session === undefined) return
    housekeeping.noteActivity()
    event.waitUntil(sessions.load(found.rule.session, event.resultingClientId))
  }
  // The worker is the same in development and production, so it is asked at runtime which of them this is.
  const isDeveloped = isThisMachine(worker.location)
  worker.addEventListener('fetch', (event) => {
    const { request } = event
    activate()
    if (request.mode === 'navigate') {
      if (isDeveloped) event.waitUntil((isGone ??= look(event)))
      loads.note(event)
      watch(event)
    }
    const ended = sessions.heard(event.clientId)
    if (ended !== undefined) event.waitUntil(ended)
    // The router knows routes by method, and there is no end of methods (RFC 9110 §16.1).
    const method = request.method as 'GET'
    if (!known.has(method)) {
      known.add(method)
      router.registerRoute(
        new Route(({ request }) => matchOf(request), handle as unknown as RouteHandlerCallback, method),
      )
    }
    const answered = (): Promise<Response> | undefined => router.handleRequest({ request, event })
    const url = new URL(request.url)
    const sameOrigin = url.origin === worker.location.origin
    // A request that the layer would not answer does not wait.
    const answer =
      isGone === undefined
        ? answered()
        : router.findMatchingRoute({ url, sameOrigin, request, event }).route &&
          isGone.then((is) => (is ? undefined : answered()) ?? passThrough(event))
    if (answer === undefined) return
    ours = event
    // A rejection would not be the network's own either, and uncaught (docs/discoveries/respond-with-rejection.md).
    event.respondWith(answer.catch(() => Response.error()))
  })

  worker.addEventListener('activate', () => {
    // What another worker has done while this one waited is on disk, and was perhaps not told.
    writer.reread()
    activate()
  })
  if (reportConflicts === undefined) live(rules, files, racesOf, answersPages)
  else reportConflicts((event) => (event === ours ? undefined : matchOf(event.request)))
  worker.addEventListener('message', (event) => {
    const refused = refusal(event.data)
    if (refused !== undefined) event.ports[0]?.postMessage({ error: refused })
    const question = parseQuestion(event.data)
    const client = event.source
    if (question === undefined || !(client instanceof Client)) return
    // Not every browser tells the state. One that tells it late has sent the event `activate` before.
    const state = (worker.serviceWorker as ServiceWorker | undefined)?.state ?? ''
    if (state.startsWith('activ')) activate()
    else if (!writer.isActive && state !== '' && question.ask !== 'take-over') return
    housekeeping.noteActivity()
    event.waitUntil(sessions.heard(client.id) ?? Promise.resolve())
    const [port] = event.ports
    const working = setInterval(() => port?.postMessage({ working: true }), WORKING_MS)
    event.waitUntil(
      answer(question, client.id)
        .then(
          (given) => port?.postMessage({ answer: given }),
          (error: unknown) => port?.postMessage({ error: String(error) }),
        )
        .finally(() => clearInterval(working))
        .then(() => (question.ask === 'hint' ? hints?.syncing : undefined)),
    )
  })
  return handle
}

/** A worker of the layer's own: it is installed with the app's files, and takes the open pages over at once. */
function live(rules: Rules, files: Precache | undefined, races: Parts['racesOf'], answersPages: boolean): void {
  worker.addEventListener('install', (event) => {
    const routed = addStaticRoutes(event, rules, files, races?.(rules)).catch((error: unknown) =>
      report('the browser refused static routes; every request is looked at by the worker instead', error),
    )
    event.waitUntil(Promise.all([files?.install(), routed]))
  })
  worker.addEventListener('activate', (event) => {
    event.waitUntil(
      Promise.all([
        files?.activate(),
        answersPages && worker.registration.navigationPreload?.enable().catch(() => undefined),
        worker.clients.claim(),
      ]),
    )
  })
}
