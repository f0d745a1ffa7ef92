import type { EntityOf } from '../../../config/language/entities.ts'
import { PARAM } from '../../../config/language/key-names.ts'

/** What is read of the rules: how the records of each entity are written. */
export interface RecordRules {
  readonly writes?:
    | readonly {
        readonly match: string | readonly string[]
        readonly entity?: string
        readonly id?: string
        readonly idMember?: string
        readonly offline?: unknown
      }[]
    | undefined
}

/** The entities of rules, in their order. */
export const entitiesOf = <C extends RecordRules>(rules: C): readonly EntityOf<C>[] =>
  // The names that the types have are those of the values.
  [...waysOf(rules).keys()] as EntityOf<C>[]

type Kind = 'create' | 'update' | 'delete'

/** How one kind of change is written. */
export interface Way {
  readonly method: string
  /** A path or a URL with `:parameters`. */
  readonly place: string
  /** The parameter that is the id. Absent: the place has none. */
  readonly id: string | undefined
  /** The member of a row that holds its id. */
  readonly idMember: string
}

/** How the records of an entity are written. */
export type Ways = Readonly<Partial<Record<Kind, Way>>>

/** Of several methods for the same change the first is taken: one that changes only what is sent comes first. */
const ORDER: readonly (readonly [method: string, of: 'list' | 'row', kind: Kind])[] = [
  ['POST', 'list', 'create'],
  ['PUT', 'row', 'create'],
  ['PATCH', 'row', 'update'],
  ['PUT', 'row', 'update'],
  ['DELETE', 'row', 'delete'],
]

/** How the records of each entity are written, by its queued writes. */
export function waysOf({ writes = [] }: RecordRules): ReadonlyMap<string, Ways> {
  const places = new Map<string, (Way & { readonly of: 'list' | 'row' })[]>()
  for (const { match, entity, id, offline, idMember = 'id' } of writes) {
    if (entity === undefined || offline !== 'queue') continue
    const known = places.get(entity) ?? []
    places.set(entity, known)
    for (const text of [match].flat()) {
      const [, method = '', place = ''] = /^(?:([A-Z]+) )?(\S+)$/.exec(text) ?? []
      const last = /:([a-z_]\w*)\/?$/i.exec(place)?.[1]
      const isRow = last !== undefined && (id === undefined || id === `:${last}`)
      // An action on a row, such as `/products/:id/photo`, or a place without number.
      const isOther = place.includes('*') || (id !== undefined && !isRow && place.includes(id))
      if (isOther) continue
      known.push({ method, place, of: isRow ? 'row' : 'list', id: isRow ? last : undefined, idMember })
    }
  }
  return new Map([...places].map(([entity, known]) => [entity, chosen(known)]))
}

function chosen(places: readonly (Way & { readonly of: 'list' | 'row' })[]): Ways {
  const ways: Partial<Record<Kind, Way>> = {}
  for (const [method, of, kind] of ORDER) {
    // A pattern without a method stands for all.
    const found = places.find((each) => each.of === of && (each.method === method || each.method === ''))
    if (found !== undefined) ways[kind] ??= { ...found, method }
  }
  return ways
}

/**
 * The URL of a record's write. Parameters beside the id are members of the record.
 *
 * @throws TypeError where one is missing.
 */
export function urlOf({ place, id: own }: Way, id: string, fields: Readonly<Record<string, unknown>>): string {
  const [, origin = '', path = ''] = /^([a-z]+:\/\/[^/]+)?(.*)$/is.exec(place) ?? []
  return (
    origin +
    path.replace(PARAM, (parameter) => {
      const name = parameter.slice(1)
      const value = name === own ? id : fields[name]
      if ((typeof value !== 'string' && typeof value !== 'number') || /^\.{0,2}$/.test(String(value)))
        throw new TypeError(`freshlayer: a record has no \`${name}\` for ${place}`)
      return encodeURIComponent(value)
    })
  )
}
