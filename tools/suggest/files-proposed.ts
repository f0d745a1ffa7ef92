import type { Route } from '../../config/language/index.ts'
import type { BuiltFindings, Findings, RouteFindings } from './findings.ts'
import { counted, grouped } from './grouped.ts'
import type { Reasoned } from './proposal.ts'
import { proposedRoute } from './routes-proposed.ts'
import { plural } from './spelled.ts'

/**
 * The routes of what elements ask for (images, scripts), one for each folder where that is not too wide: an app has many
 * icons, and its pages need those too that were not seen.
 */
export function filesRoutes(routes: readonly RouteFindings[]): RouteFindings[] {
  const data = new Set(routes.filter(({ isFile }) => !isFile).map(({ match }) => folderOf(match)))
  const files = routes.filter(({ isFile }) => isFile)
  return [...grouped(files, ({ match }) => folderOf(match))].flatMap(([folder, group]) =>
    folder === '/' || data.has(folder) || group.length < 2 ? group : [folded(`${folder}/**`, group)],
  )
}

/** The rule for a folder of the build; none where nothing in it may be stored. */
export function proposedBuilt(built: BuiltFindings, findings: Findings): Reasoned<Route>[] {
  const proposed = proposedRoute(built, findings, undefined)
  if ('without' in proposed) return []
  if (!built.isHashed) return [proposed]
  const { match, expects } = proposed.value
  const value: Route = {
    match,
    fresh: '30d',
    stale: 0,
    offline: '30d',
    ...(expects !== undefined && { expects }),
    public: true,
  }
  return [
    { value, why: [...proposed.why.slice(0, 1), 'Each name has a hash of the content, so that it never changes.'] },
  ]
}

/** What a rules file says of the build's files where they have no rule. */
export function builtNote(built: readonly BuiltFindings[]): string {
  const requests = built.reduce((sum, each) => sum + each.requests, 0)
  const folders = built.map(({ match }) => match)
  const shown = folders.slice(0, 5).join(', ') + (folders.length > 5 ? ` and ${folders.length - 5} more` : '')
  return `${shown} (${plural(requests, 'request')}): files of the app. \`freshlayer build\` and the Vite plugin keep them for offline use; an app without a built folder needs rules for them (\`suggest --no-build\`)`
}

/** The first segment. */
const folderOf = (match: string): string => /^(\/[^/]+)\/./.exec(match)?.[1] ?? '/'

/** One of several: numbers are added up, and what holds for one only does not hold for all. */
function folded(match: string, group: readonly RouteFindings[]): RouteFindings {
  const sum = (of: (route: RouteFindings) => number): number => group.reduce((total, route) => total + of(route), 0)
  const all = (of: (route: RouteFindings) => readonly string[]): string[] => [...new Set(group.flatMap(of))]
  const lifetimes = group.map(({ lifetimeS }) => lifetimeS)
  const changes = group.flatMap(({ repeats }) => repeats.changedWithinS ?? [])
  const [first] = group
  if (first === undefined) throw new Error('a folder without files')
  return {
    ...first,
    match,
    examples: all(({ examples }) => examples).slice(0, 3),
    urls: sum(({ urls }) => urls),
    requests: sum(({ requests }) => requests),
    statuses: counted(
      group.flatMap(({ statuses }) =>
        Object.entries(statuses).flatMap(([status, count]) => Array<string>(count).fill(status)),
      ),
      (status) => status,
    ),
    bytes: sum(({ bytes }) => bytes),
    notModified: sum(({ notModified }) => notModified),
    validators: {
      strong: sum(({ validators }) => validators.strong),
      weak: sum(({ validators }) => validators.weak),
      lastModified: sum(({ validators }) => validators.lastModified),
      none: sum(({ validators }) => validators.none),
    },
    mediaTypes: all(({ mediaTypes }) => mediaTypes),
    cacheControl: all(({ cacheControl }) => cacheControl),
    notStorable: group.every(({ notStorable }) => notStorable !== undefined) ? first.notStorable : undefined,
    lifetimeS: lifetimes.every((each) => each !== undefined)
      ? lifetimes.toSorted((one, other) => one - other)[0]
      : undefined,
    setsCookies: all(({ setsCookies }) => setsCookies),
    asked: {
      token: sum(({ asked }) => asked.token),
      cookie: sum(({ asked }) => asked.cookie),
      field: sum(({ asked }) => asked.field),
      none: sum(({ asked }) => asked.none),
    },
    whose:
      (['differs', 'unknown', 'same', 'nobody'] as const).find((each) => group.some(({ whose }) => whose === each)) ??
      'unknown',
    by: group.find(({ by }) => by !== undefined)?.by,
    compared: sum(({ compared }) => compared),
    vary: all(({ vary }) => vary),
    lacksVary: group.some(({ lacksVary }) => lacksVary),
    leaks: sum(({ leaks }) => leaks),
    keyHeaders: all(({ keyHeaders }) => keyHeaders),
    ofMoment: { members: [], pairs: 0 },
    query: {
      ignored: all(({ query }) => query.ignored),
      ofToday: all(({ query }) => query.ofToday),
      ofNow: all(({ query }) => query.ofNow),
    },
    repeats: {
      count: sum(({ repeats }) => repeats.count),
      same: sum(({ repeats }) => repeats.same),
      changed: sum(({ repeats }) => repeats.changed),
      unchangedS:
        group.map(({ repeats }) => repeats.unchangedS).toSorted((one, other) => other - one)[0] ??
        first.repeats.unchangedS,
      ...(changes.length > 0 && { changedWithinS: changes.toSorted((one, other) => one - other)[0] }),
    },
  }
}
