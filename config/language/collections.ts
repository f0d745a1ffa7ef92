import { isRecord, problem, type Problem } from './kind.ts'
import type { CollectionOptions, Config } from './options.ts'
import { asSent, parsePattern } from './pattern.ts'
import type { CollectionRule, Rules } from './rule.ts'
import { timerMs } from './duration.ts'
import { covers, extentOf, type Place } from './shadow.ts'

/** The compiled collections of a config; nothing where it has none. Expects a config that `assertConfig` accepted. */
export function collectionRules({ sync, collections = {} }: Config): Pick<Rules, 'collections'> {
  const all = Object.entries(collections).map(([entity, options]) => compiled(entity, options))
  if (sync === undefined || all.length === 0) return {}
  const { url, compare = true, overlap = '5m' } = sync
  return { collections: { url, compares: compare, overlapMs: timerMs(overlap), all } }
}

function compiled(entity: string, options: CollectionOptions): CollectionRule {
  const { list, item, id = 'id', items, total, version = 'updated_at', order } = options
  const pattern = item === undefined ? 'invalid' : parsePattern(item)
  return {
    entity,
    list: asSent(list),
    ...(pattern !== 'invalid' && { item: pattern }),
    id: id.split('.'),
    ...(items !== undefined && { items: items.split('.') }),
    ...(total !== undefined && { total: total.split('.') }),
    version: version.split('.'),
    ...(order !== undefined && {
      order: { path: order.replace(/^-/, '').split('.'), isDescending: order.startsWith('-') },
    }),
  }
}

/** What the check knows of a route. */
interface ReadPlaces {
  readonly options: unknown
  readonly patterns: readonly Place[]
}

/** Collections that could not be kept in step, or that no read would get. Expects any value. */
export function collectionProblems(
  { sync, collections, defaults }: Readonly<Record<string, unknown>>,
  routes: readonly ReadPlaces[],
): Problem[] {
  if (!isRecord(collections)) return []
  const entries = Object.entries(collections).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  )
  return [
    ...(entries.length > 0 && sync === undefined
      ? [problem('sync', undefined, "the endpoint of the collections such as { url: '/api/sync' }")]
      : []),
    ...entries.flatMap(([name, options]) => unread(`collections.${name}`, options, routes, defaults)),
  ]
}

function unread(
  path: string,
  options: Readonly<Record<string, unknown>>,
  routes: readonly ReadPlaces[],
  defaults: unknown,
): Problem[] {
  const found = (['list', 'item'] as const).flatMap((which) => {
    const text = options[which]
    const extent = typeof text === 'string' && text.startsWith('/') ? extentOf({ ...GET, text }) : 'invalid'
    if (extent === 'invalid' || typeof text !== 'string') return []
    const route = routes.find(({ patterns }) => patterns.some((each) => covers(each.extent, extent)))
    return [{ which, text, options: route && { ...record(defaults), ...record(route.options) } }]
  })
  const [list, item] = [found.find(({ which }) => which === 'list'), found.find(({ which }) => which === 'item')]
  const isPublic = list?.options?.['public'] === true
  const others = item?.options !== undefined && (item.options['public'] === true) !== isPublic
  return [
    ...found
      .filter((each) => each.options === undefined)
      .map(({ which, text }) => problem(`${path}.${which}`, text, 'a path that a route reads')),
    ...found
      .filter((each) => Array.isArray(each.options?.['keyHeaders']) && each.options['keyHeaders'].length > 0)
      .map(({ which, text }) =>
        problem(
          `${path}.${which}`,
          text,
          'a path whose route has no `keyHeaders`: the rows are the same for all of them',
        ),
      ),
    ...(others
      ? [problem(`${path}.item`, item.text, 'a path whose route is `public` exactly if that of the list is')]
      : []),
    ...(options['total'] !== undefined && options['items'] === undefined
      ? [problem(`${path}.total`, options['total'], '`items` beside it: a JSON that is the list has no place for it')]
      : []),
  ]
}

const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {})

/** The reads of a collection have no query. */
const GET = { query: {}, usual: ['GET', 'HEAD'] } as const
