import type { RouteFindings } from './findings.ts'
import { counted, grouped } from './grouped.ts'

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
