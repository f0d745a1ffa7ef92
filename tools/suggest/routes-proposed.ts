import type { Route } from '../../config/language/index.ts'
import type { Findings, RouteFindings } from './findings.ts'
import type { Reasoned } from './proposal.ts'
import { plural, size, spelled } from './spelled.ts'
import { tagsOf } from './tags.ts'
import { windowsFor } from './windows.ts'

/** A proposed route with its evidence; or why there is none. */
export type ProposedRoute = Reasoned<Route> | { readonly without: string }

/** The rule for the reads of one pattern. */
export function proposedRoute(
  route: RouteFindings,
  findings: Findings,
  mediaTypeOfDefaults: string | undefined,
): ProposedRoute {
  const { match, notStorable, requests, rangeUnit } = route
  if (notStorable !== undefined)
    return { without: `${match} (${plural(requests, 'read')}): ${WHY_NOT[notStorable] ?? notStorable}` }
  const isShared = isPublic(route, findings)
  const { fresh, stale, offline, why } = windowsFor(route, findings.credentials)
  const expects = expectsOf(route)
  const tags = route.isFile || isLocalisation(match) ? [] : tagsOf(match)
  const fields = route.asked.field > 0 ? findings.credentials.fields.filter((name) => !name.startsWith('?')) : []
  const keyHeaders = [...new Set([...route.keyHeaders, ...fields])]
  const value: Route = {
    match,
    ...(isGraphQl(route) && { reads: 'graphql' }),
    fresh,
    stale,
    ...(offline !== undefined && { offline }),
    ...(expects !== undefined && expects !== mediaTypeOfDefaults && { expects }),
    ...(route.query.ignored.length > 0 && { ignoreQuery: route.query.ignored }),
    ...(route.ofMoment.members.length > 0 && { ignoreInDiff: route.ofMoment.members }),
    ...(keyHeaders.length > 0 && { keyHeaders }),
    ...(tags.length > 0 && { tags }),
    ...(isShared && { public: true }),
  }
  return {
    value,
    why: [
      seen(route),
      whoseText(route, isShared),
      why,
      ...remarks(route),
      ...(rangeUnit === undefined
        ? []
        : [`Its parts are counted in ${rangeUnit}: a page of a list is stored as it is.`]),
    ],
  }
}

/** Why an answer is not stored, in the words of `Cache-Status`, for a reader. */
const WHY_NOT: Readonly<Record<string, string>> = {
  'no-store': 'the server says no-store, and that is obeyed. Offline it is missing',
  credential: 'its answers hold a credential',
  vary: 'its Vary names a field that no worker sees',
  redirected: 'it redirects, and what is redirected is not stored',
  status: 'its status may not be stored',
  stream: 'it is a stream',
  partial: 'it is read in parts. A route with `ranges: true` would keep them',
}

const isGraphQl = ({ match }: RouteFindings): boolean => match.startsWith('POST ')

const LOCALISATION = /\/(?:locales?|i18n|l10n|lang(?:uage)?s?|translations?)(?:\/|$)|:lang\b/i

const isLocalisation = (match: string): boolean => LOCALISATION.test(match)

/**
 * Whether all users may share one stored copy: no request had a credential, or it is a text of the interface or says
 * itself that it is public. Never where answers differed or where the recording cannot say.
 */
function isPublic(route: RouteFindings, { lacksCredentials, credentials }: Findings): boolean {
  const { whose, asked, vary, setsCookies, cacheControl, match, keyHeaders } = route
  const hasUsers = credentials.token + credentials.cookie + credentials.field > 0
  if (!hasUsers || lacksCredentials !== undefined || whose === 'differs') return false
  if (
    asked.token > 0 ||
    asked.field > 0 ||
    setsCookies.length > 0 ||
    keyHeaders.some((name) => /user|tenant|account/.test(name))
  )
    return false
  if (vary.some((name) => name === 'cookie' || name === 'authorization' || name === '*')) return false
  if (cacheControl.some((field) => /\bprivate\b/i.test(field))) return false
  if (asked.cookie === 0) return whose === 'nobody'
  return isLocalisation(match) || cacheControl.some((field) => /\bpublic\b|s-maxage/i.test(field))
}

/** The media type that a rule asks for; undefined where one URL has several, and the page's `Accept` decides. */
export function expectsOf({ mediaTypes, negotiates }: RouteFindings): string | undefined {
  if (negotiates || mediaTypes.length === 0) return undefined
  if (mediaTypes.every((type) => /[/+]json$/.test(type))) return 'json'
  const [first = '', ...others] = mediaTypes
  if (others.length === 0) return first
  const [kind = ''] = first.split('/')
  return mediaTypes.every((type) => type.startsWith(`${kind}/`)) ? `${kind}/*` : '*/*'
}

/** What was counted. */
function seen({ requests, urls, bytes, notModified, statuses, validators, match }: RouteFindings): string {
  const tags = [
    validators.strong > 0 ? 'ETag' : '',
    validators.weak > 0 ? 'weak ETag' : '',
    validators.lastModified > 0 ? 'Last-Modified' : '',
  ].filter((text) => text !== '')
  const failed = Object.entries(statuses).filter(([status]) => Number(status) >= 400 || status === '0')
  const parts = [
    `${plural(requests, 'read')} of ${plural(urls, match.includes('graphql') ? 'query' : 'URL').replace('querys', 'queries')}, ${size(bytes)}`,
    ...(notModified > 0 ? [`${notModified} × 304`] : []),
    tags.length > 0 ? `validated by ${tags.join(', ')}` : 'no validator',
    ...failed.map(([status, count]) => (status === '0' ? `${count} without an answer` : `${count} × ${status}`)),
  ]
  return `${parts.join('; ')}.`
}

/** Whose the answers are. */
function whoseText({ whose, by, compared, asked, lacksVary, leaks }: RouteFindings, isShared: boolean): string {
  const means = by === 'token' ? 'token' : by === 'cookie' ? 'cookie' : 'field of the app'
  if (whose === 'differs')
    return `Another ${means} got another answer: never public.${
      lacksVary
        ? ` No Vary says so: a cache by URL alone would have shown ${plural(leaks, 'answer')} to the wrong user.`
        : ''
    }`
  if (whose === 'nobody')
    return isShared ? 'Asked without any credential.' : 'Asked without any credential, as far as was recorded.'
  if (isShared) return 'Asked with cookies, as everything is, and the same for all as far as it says.'
  if (whose === 'same')
    return `${plural(compared, 'URL')} gave the same to several users: if that is so for all, \`public: true\` shares one copy.`
  const with_ = by === 'token' ? asked.token : by === 'cookie' ? asked.cookie : asked.field
  return `Asked with a ${means} (${with_}), by one user only: it is kept per user.`
}

function remarks({ query, ofMoment, negotiates, keyHeaders, asked, isFile }: RouteFindings): string[] {
  const said: string[] = []
  if (ofMoment.members.length > 0)
    said.push(
      `Each answer holds the moment at which it was made (${ofMoment.members.join(', ')}: another one in ${plural(ofMoment.pairs, 'repeated read')}), and without it they were compared: a page may show it as old as the answer.`,
    )
  if (query.ofToday.length > 0)
    said.push(
      `Its query holds the day (${query.ofToday.join(', ')}): tomorrow's URL is another one, and offline it is missing then.`,
    )
  if (query.ofNow.length > 0)
    said.push(
      `Its query holds the instant of the request (${query.ofNow.join(', ')}): no URL comes twice, so nothing is answered from store.`,
    )
  if (negotiates) said.push('The same URL gives HTML or JSON by Accept, which is part of the key.')
  if (keyHeaders.length > 0)
    said.push(`Other values of ${keyHeaders.join(', ')} got other answers, and no Vary says so.`)
  if (isFile && asked.none === 0 && asked.token === 0) said.push('An element of the page asks for it, with cookies.')
  return said
}

/** A route that the layer must not answer, before a wider one that would. */
export const spared = (match: string, why: string): Reasoned<Route> => ({
  value: { match, preset: 'network-only' },
  why: [`Before a wider rule that matches it too: ${why}.`],
})

/** For the head of the file. */
export const spanText = ({ requests, spanS }: Findings): string => `${plural(requests, 'request')} in ${spelled(spanS)}`
