import { seconds } from '../../sw/core/units.ts'
import type { Exchange, Recording } from '../recording/exchange.ts'
import { askersBy, fieldsOfAsker, sessionCookies } from './asker.ts'
import { documentFindings } from './documents.ts'
import type { CredentialFindings, Findings, LeftOut, RouteFindings } from './findings.ts'
import { counted, grouped } from './grouped.ts'
import { isGood, isJson, mediaTypeOf } from './heads.ts'
import { momentary } from './momentary.ts'
import { observed } from './observed.ts'
import { patternsOf } from './patterns.ts'
import { queryFindings } from './query-parameters.ts'
import { renewedSessions } from './renewed-sessions.ts'
import { type Repeats, repeatsOf } from './repeats.ts'
import { routeFindings } from './route-findings.ts'
import { type SessionEvent, sessionEventOf, sessionFindings } from './sessions.ts'
import { isHashedName, type Sorted, sorted } from './sorted.ts'
import { bySpecificity } from './specificity.ts'
import { isTelemetry, writeFindings } from './write-findings.ts'

/** What a recording says of the requests of an app. Pure; reads each exchange a few times. */
export function analyse(recording: Recording): Findings {
  const { origin, exchanges, lacksCredentials } = recording
  const parts = sorted(recording)
  const matchOf = matchesOf(parts, origin)
  const data = [...parts.reads, ...parts.writes]
  const cookies = sessionCookies(data)
  const renewed = renewedSessions(exchanges, cookies)
  const askerOf = askersBy(cookies, renewed?.userOf)

  const events = new Map<Exchange, SessionEvent>()
  for (const exchange of [...data, ...parts.documents]) {
    const event = sessionEventOf(exchange, cookies)
    if (event !== undefined && (exchange.initiator !== 'document' || event.kind === 'sign-out'))
      events.set(exchange, event)
  }
  const sessions = sessionFindings([...events].map(([exchange, event]) => ({ match: matchOf(exchange), event })))
  const ofSessions = new Set(sessions.map(({ match }) => match))
  const isOfSession = (exchange: Exchange): boolean => ofSessions.has(matchOf(exchange))

  const leftOut = new Map<string, string>()
  const [writes, telemetry] = divided(
    parts.writes.filter((exchange) => !isOfSession(exchange)),
    (exchange) => !isTelemetry(exchange, parts.reads),
  )
  for (const exchange of telemetry)
    leftOut.set(matchOf(exchange), 'it tells how the app is used, and changes none of its data')
  const instants = [...writes, ...events.keys()]
    .filter(({ method, status }) => !/^(?:GET|HEAD)$/.test(method) && (status < 400 || status >= 500))
    .map((exchange) => ({ match: matchOf(exchange), startedAt: exchange.startedAt }))
    .toSorted((one, other) => one.startedAt - other.startedAt)

  const repeats = new Map<string, Repeats>()
  const routes: RouteFindings[] = []
  for (const [match, group] of grouped([...parts.reads, ...parts.files], matchOf)) {
    if (ofSessions.has(match)) continue
    const why = unroutable(match, group)
    if (why !== undefined) {
      leftOut.set(match, why)
      continue
    }
    const query = queryFindings(group.map(({ url, startedAt }) => ({ search: new URL(url).search, startedAt })))
    const plain = observed(group, askerOf, query.ignored)
    const moment = momentary(
      plain.map(({ exchange, question, asker }) => ({ exchange, place: `${question}\n${asker.id}` })),
    )
    const reads = moment.paths.length === 0 ? plain : observed(group, askerOf, query.ignored, moment.paths)
    const found = repeatsOf(reads, instants)
    repeats.set(match, found)
    const isFile = group.every(({ initiator }) => initiator !== 'fetch' && initiator !== 'other')
    routes.push(routeFindings({ match, reads, query, moment, repeats: found.findings, isFile }))
  }

  const times = exchanges.map(({ startedAt }) => startedAt)
  const requestsOf = counted([...data, ...parts.files], matchOf)
  return {
    origin,
    spanS: seconds(times.length === 0 ? 0 : (maximum(times) - minimum(times)) / 1000),
    requests: exchanges.length,
    lacksCredentials,
    lacksBodies: lacksBodies(parts.reads),
    credentials: {
      ...credentialFindings(
        data.filter((exchange) => !isOfSession(exchange)),
        cookies,
        askerOf,
      ),
      ...(renewed && { renewal: { lifetimeS: renewed.lifetimeS } }),
    },
    routes: routes.toSorted(bySpecificity),
    writes: writeFindings(grouped(writes, matchOf), repeats),
    sessions,
    built: [...grouped(parts.built, folderOf)].map(([match, group]) => {
      const reads = observed(group, askerOf, [])
      const query = { ignored: [], ofToday: [], ofNow: [] }
      const { findings: found } = repeatsOf(reads, [])
      const isHashed = group.every(({ url }) => isHashedName(new URL(url).pathname))
      const moment = { paths: [], pairs: 0 }
      return { ...routeFindings({ match, reads, query, moment, repeats: found, isFile: true }), isHashed }
    }),
    leftOut: [
      ...[...leftOut].map(([match, why]): LeftOut => ({ match, requests: requestsOf[match] ?? 0, why })),
      ...[...grouped(parts.others, ({ exchange }) => matchOf(exchange))].map(([match, group]): LeftOut => ({
        match,
        requests: group.length,
        why: group[0]?.why ?? '',
      })),
    ],
    documents: documentFindings(parts.documents, askerOf),
  }
}

/** The pattern of each exchange, as in `Route.match`; that of a write has its method. */
function matchesOf(parts: Sorted, origin: string): (exchange: Exchange) => string {
  const all = [
    ...parts.reads,
    ...parts.writes,
    ...parts.files,
    ...parts.documents.filter((exchange) => sessionEventOf(exchange, []) !== undefined),
    ...parts.others.map(({ exchange }) => exchange),
  ]
  const paths = grouped(new Set(all.map(({ url }) => url)), (url) => new URL(url).origin)
  const patterns = new Map([...paths].map(([at, urls]) => [at, patternsOf(urls.map((url) => new URL(url).pathname))]))
  const known = new Map<string, string>()
  return ({ method, url, initiator }) => {
    const key = `${method} ${initiator === 'document' ? 'D' : ''}${url}`
    const found = known.get(key)
    if (found !== undefined) return found
    const { origin: at, pathname } = new URL(url)
    const pattern = `${at === origin ? '' : at}${patterns.get(at)?.(pathname) ?? pathname}`
    const isPlain = (method === 'GET' || method === 'HEAD') && !(initiator === 'document' && isSignOut(pathname))
    const match = isPlain ? pattern : `${method} ${pattern}`
    known.set(key, match)
    return match
  }
}

const isSignOut = (pathname: string): boolean => /(?:log|sign)[-_]?(?:out|off)/i.test(pathname)

/** Segments by which a GET says that it changes something. */
const CHANGES =
  /\/(?:delete|remove|destroy|create|update|save|approve|reject|toggle|mark(?:[-_]?(?:as[-_]?)?(?:un)?read)?|send|resend|activate|deactivate|increment|purge|reset|(?:un)?subscribe|trigger|restart)(?:\/|$)/i

/** Why no rule should answer these reads; undefined where one may. */
function unroutable(match: string, group: readonly Exchange[]): string | undefined {
  if (/^\/?$/.test(match)) return 'the root of the app: a rule for it would meet its pages'
  if (CHANGES.test(match))
    return 'by its name it may change data though it is a GET: such a request must reach the server'
  if (group.every(({ initiator, status }) => initiator === 'document' || status === 101)) return 'no request for data'
  const good = group.filter(({ status }) => isGood(status))
  if (good.length === 0) {
    const seen = Object.keys(counted(group, ({ status }) => (status === 0 ? 'no answer' : String(status))))
    return `no good answer was recorded (${seen.join(', ')})`
  }
  const types = new Set(good.map(mediaTypeOf))
  const isHtml = [...types].every((type) => type === 'text/html')
  if (isHtml && group.some(({ initiator }) => initiator === 'fetch') && !group.some((each) => wantsHtml(each)))
    return 'it answers with HTML: perhaps the page for unknown paths'
  if (
    good.some((exchange) => /^attachment/i.test(exchange.responseHeaders['content-disposition'] ?? '')) &&
    ![...types].some(isJson)
  )
    return 'a download'
  return undefined
}

const wantsHtml = ({ requestHeaders }: Exchange): boolean => /text\/html/.test(requestHeaders['accept'] ?? '')

function credentialFindings(
  data: readonly Exchange[],
  cookies: readonly string[],
  askerOf: ReturnType<typeof askersBy>,
): CredentialFindings {
  const counts = { token: 0, field: 0, cookie: 0, none: 0 }
  const users = { token: new Set<string>(), field: new Set<string>(), cookie: new Set<string>() }
  const fields = new Set<string>()
  for (const exchange of data) {
    const { by, id } = askerOf(exchange)
    counts[by]++
    if (by !== 'none') users[by].add(id)
    if (by === 'field') for (const name of fieldsOfAsker(exchange)) fields.add(name)
  }
  // The digest of a JWT begins with that of its user, and a dot.
  const areOpaque = data.some(({ requestHeaders: { authorization } }) => authorization?.includes('.') === false)
  return {
    ...counts,
    cookies,
    fields: [...fields],
    areOpaque,
    users: Math.max(...Object.values(users).map(({ size }) => size)),
  }
}

/** The items that a test accepts, and the others. */
function divided<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  const groups = grouped(items, test)
  return [groups.get(true) ?? [], groups.get(false) ?? []]
}

function lacksBodies(reads: readonly Exchange[]): boolean {
  const whole = reads.filter(({ status }) => status === 200)
  return whole.filter(({ body }) => body === undefined).length * 2 > whole.length
}

/** The folder of a file at the root of the origin, or the file itself where it has none. */
function folderOf({ url }: Exchange): string {
  const { pathname } = new URL(url)
  const [folder] = /^\/[^/]+\/(?=.)/.exec(pathname) ?? []
  return folder === undefined ? pathname : `${folder}**`
}

const maximum = (values: readonly number[]): number => values.reduce((one, other) => Math.max(one, other), -Infinity)
const minimum = (values: readonly number[]): number => values.reduce((one, other) => Math.min(one, other), Infinity)
