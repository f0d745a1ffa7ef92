import {
  checkConfig,
  compileRules,
  type Config,
  formatProblem,
  isDenied,
  matcherOf,
  type Route,
  type Write,
} from '../../config/language/index.ts'
import { configText } from './config-text.ts'
import { builtNote, filesRoutes, proposedBuilt } from './files-proposed.ts'
import type { Findings, RouteFindings } from './findings.ts'
import { proposedIdentity } from './identity.ts'
import { configOf, type Draft, type Proposal, type Reasoned } from './proposal.ts'
import { expectsOf, proposedRoute, spanText, spared } from './routes-proposed.ts'
import { bySpecificity } from './specificity.ts'
import { plural } from './spelled.ts'
import { proposedSessions, proposedWrite } from './writes-proposed.ts'

export interface ProposeOptions {
  /** Whether the app's scripts, styles and fonts get rules, for an app without a built folder. Default: `false`. */
  readonly built?: boolean
}

/** The rules for what was found, with the evidence of each. Where something is unsure they are on the safe side. */
export function propose(findings: Findings, { built = false }: ProposeOptions = {}): Proposal {
  const { identity, why } = proposedIdentity(findings)
  const data = findings.routes.filter(({ isFile }) => !isFile)
  const expects = data.some(({ negotiates }) => negotiates) ? undefined : mostUsual(data)
  const without = [
    ...findings.sessions
      .filter(({ kind }) => kind === 'token')
      .map(
        ({ match, requests, why: reason }) =>
          `${match} (${plural(requests, 'request')}): ${reason}${match.startsWith('POST ') ? RENEWAL : ''}`,
      ),
    ...findings.leftOut.map(
      ({ match, requests, why: reason }) => `${match} (${plural(requests, 'request')}): ${reason}`,
    ),
  ]
  const routes: Reasoned<Route>[] = []
  for (const route of [...data, ...filesRoutes(findings.routes)]) {
    const proposed = proposedRoute(route, findings, expects)
    if ('without' in proposed) without.push(proposed.without)
    else routes.push(proposed)
  }
  if (built) routes.push(...findings.built.flatMap((each) => proposedBuilt(each, findings)))
  else if (findings.built.length > 0) without.push(builtNote(findings.built))
  const writes = proposedSessions(findings)
  for (const write of findings.writes) {
    const proposed = proposedWrite(
      write,
      routes.map(({ value }) => value),
    )
    if ('without' in proposed) without.push(proposed.without)
    else writes.push(proposed)
  }
  const draft: Draft = {
    head: [
      `Proposed by \`freshlayer suggest\` from a recording of ${findings.origin}: ${spanText(findings)}.`,
      'Each rule says what was seen. A window is never longer than that, unless the server states one: raise those of data that you know.',
    ],
    identity: { value: identity, why },
    ...shellOf(findings),
    defaults: {
      value: { ...(expects !== undefined && { expects }), offline: '7d' },
      why: ['While the server is away, what was stored answers for a week.'],
    },
    routes: routes
      .map((route) => withoutIdleTags(route, writes))
      .toSorted((one, other) => bySpecificity(matchOf(one), matchOf(other))),
    writes,
    without,
  }
  const whole = { ...draft, routes: [...sparedRoutes(configOf(draft), findings), ...draft.routes] }
  const config = configOf(whole)
  const { problems, warnings } = checkConfig(config, 'freshlayer.config.ts')
  return { config, text: configText(whole), warnings: [...problems, ...warnings].map(formatProblem) }
}

/** What an app does that renews its token when it starts, and has no network. */
const RENEWAL =
  '. Where the app sends it at each start, it shows its sign-in offline: docs/guide/safety.md says how it can open all the same'

const matchOf = ({ value }: Reasoned<Route>): { readonly match: string } => ({ match: [value.match].flat().join(' ') })

/** What is the same for all and is never written by the app needs no tag. */
function withoutIdleTags(route: Reasoned<Route>, writes: readonly Reasoned<Write>[]): Reasoned<Route> {
  const { tags, ...others } = route.value
  const named = writes.flatMap(({ value }) => value.invalidates ?? [])
  const isIdle = others.public === true && tags?.every((tag) => !named.includes(tag)) === true
  return isIdle ? { ...route, value: others } : route
}

/** The media type of most routes, for `defaults`. */
function mostUsual(routes: readonly RouteFindings[]): string | undefined {
  const json = routes.filter((route) => expectsOf(route) === 'json').length
  return json * 2 > routes.length && routes.every((route) => expectsOf(route) !== undefined) ? 'json' : undefined
}

function shellOf({ documents, sessions, origin }: Findings): Pick<Draft, 'shell' | 'navigation'> {
  const base = (documents.shell ?? '/').replace(/[^/]*$/, '')
  const exclude = sessions
    .map(({ match }) => match.replace(/^[A-Z]+ /, '').replace(origin, ''))
    .filter((path) => path.startsWith('/') && !isDenied(path, base))
  const unique = [...new Set(exclude)]
  const excluded = unique.length > 0 ? { exclude: unique } : {}
  const because = unique.length > 0 ? ['Pages of a sign-in always come from the server.'] : []
  if (documents.shell !== undefined) {
    return {
      shell: {
        value: documents.shell,
        why: [`Answers for every page while the server is away: ${documents.why ?? ''}.`],
      },
      ...(unique.length > 0 && { navigation: { value: excluded, why: because } }),
    }
  }
  if (documents.paths === 0) return {}
  return {
    navigation: {
      value: { offline: '7d', ...excluded },
      why: [
        `The recording has ${plural(documents.paths, 'page')} and no document that could answer for all: each page is kept under its own URL.`,
        ...because,
        ...(documents.paths > 0 ? ['If the app has one document for all pages, name it as `shell` instead.'] : []),
      ],
    },
  }
}

/** Rules for what must reach the server, where another rule would answer it. */
function sparedRoutes(config: Config, { sessions, leftOut, origin }: Findings): Reasoned<Route>[] {
  const match = matcherOf(compileRules(config))
  return [...sessions, ...leftOut].flatMap(({ match: text, why }) => {
    if (/^(?!GET )[A-Z]+ /.test(text)) return []
    const pattern = text.replace(/^GET /, '')
    const [, at = origin, pathname = ''] = /^([a-z]+:\/\/[^/]+)?(.*)$/.exec(pattern) ?? []
    const found = match({ method: 'GET', origin: at, sameOrigin: at === origin, pathname, search: '' })
    return found?.kind === 'read' && !found.rule.patterns.some(({ path }) => path === pathname)
      ? [spared(pattern, why)]
      : []
  })
}
