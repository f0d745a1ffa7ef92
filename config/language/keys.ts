import {
  type EntryOfRoute,
  type EntryOfTag,
  type Keys,
  nameOfPath,
  nameOfText,
  PARAM,
  type Param,
} from './key-names.ts'
import type { Config } from './options.ts'
import { HOLE } from './template.ts'

type Routes = Pick<Config, 'routes'>

type RouteOf<C> = C extends { readonly routes: readonly (infer R)[] } ? R : never

type TagOf<C> = RouteOf<C> extends infer R ? (R extends { readonly tags: readonly (infer Tag)[] } ? Tag : never) : never

/** The functions of {@link keys}. */
export type UrlKeys<C> = Keys<EntryOfRoute<RouteOf<C>>>

/** The functions of {@link tags}. */
export type TagKeys<C> = Keys<EntryOfTag<TagOf<C>>>

/**
 * The URLs of a config's routes, as functions: `/api/products/:id/variants` is `productVariants(id)`. A value is encoded as
 * URLs need it. The compiler knows the names, and how many values each takes.
 *
 * A route with a `name` is called by it, in each of its patterns. Without one the name is made of the path's words: without
 * `api` and versions at its beginning, and a word before a parameter in the singular (`ies` becomes `y`, an `s` at the end
 * goes). Patterns with a star have none: name them in `patterns`.
 *
 * @example layer.refresh(keys(rules).product(7)) // '/api/products/7'
 * @throws TypeError where a function is called with another number of values than any of its patterns has, or with one that
 *   can be no part of a path (empty, `.` and `..`).
 */
export function keys<const C extends Routes>({ routes }: C): UrlKeys<C> {
  const made = new Keyring('keys')
  for (const { match, name } of routes) {
    for (const pattern of [match].flat()) {
      const [, place = '', origin = '', path = ''] = /^(?:[A-Z]+ )?(([a-z]+:\/\/[^/]+)?(\/.*)?)$/s.exec(pattern) ?? []
      if (path.includes('*')) continue
      const values = path.match(PARAM)?.length ?? 0
      const fill: Way['fill'] = (given) => {
        let at = 0
        return origin + path.replaceAll(PARAM, () => segment(given[at++]))
      }
      made.add(name === undefined ? nameOfPath(path) : nameOfText(name), { values, text: place, fill })
    }
  }
  // The names that the types have are made by the same rules: see the tests.
  return made.functions as UrlKeys<C>
}

/**
 * The tags of a config's routes, as functions: `product:{id}` is `product(id)`, `products` is `products()`.
 *
 * @example layer.invalidate({ tags: [tags(rules).product(7)] }) // 'product:7'
 * @throws TypeError where a function is called with another number of values than its tag has holes.
 */
export function tags<const C extends Routes>({ routes }: C): TagKeys<C> {
  const made = new Keyring('tags')
  for (const tag of routes.flatMap((route) => route.tags ?? [])) {
    if (tag.includes('*')) continue
    const holes = tag.match(HOLE)?.length ?? 0
    const fill: Way['fill'] = (given) => {
      let at = 0
      return tag.replaceAll(HOLE, () => String(given[at++]))
    }
    made.add(nameOfText(tag), { values: holes, text: tag, fill })
  }
  return made.functions as TagKeys<C>
}

/** One way to call a function. */
interface Way {
  readonly values: number
  /** The pattern or the tag. */
  readonly text: string
  readonly fill: (values: readonly Param[]) => string
}

/** Functions by name. One may take several numbers of values; of a number the first way counts. */
class Keyring {
  readonly functions: Record<string, (...values: readonly Param[]) => string> = {}
  readonly #ways = new Map<string, Way[]>()
  readonly #what: string

  constructor(what: string) {
    this.#what = what
  }

  add(name: string, way: Way): void {
    if (name === '') return
    const ways = this.#ways.get(name) ?? []
    this.#ways.set(name, ways)
    ways.push(way)
    this.functions[name] = (...given) => {
      const found = ways.find(({ values }) => values === given.length)
      if (found !== undefined) return found.fill(given)
      const all = ways.map(({ values, text }) => `${values} (${text})`).join(' or ')
      throw new TypeError(`freshlayer: ${this.#what}.${name}() takes ${all}, and was given ${given.length}`)
    }
  }
}

function segment(value: Param | undefined): string {
  const text = String(value)
  if (value === undefined || /^\.{0,2}$/.test(text)) {
    throw new TypeError(`freshlayer: ${JSON.stringify(text)} can be no part of a path`)
  }
  return encodeURIComponent(text)
}
