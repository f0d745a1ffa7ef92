/** Which parts of a query select another answer, by a response's `No-Vary-Search`. Applies to the response's path. */
export interface SearchPolicy {
  /** Names that do not select another answer. */
  readonly ignored: readonly string[] | 'all'
  /** When all names are ignored, only these still select. */
  readonly except: readonly string[]
  /** The order of names does not matter. */
  readonly anyOrder: boolean
}

/**
 * The policy of a `No-Vary-Search` dictionary; undefined when the dictionary is invalid or changes nothing: then every
 * part of a query counts. Accepts the form of the draft (`except=("c")`) and Chromium's form (`params, except=("c")`).
 *
 * @param dictionary bare values by name; for a list, an array of bare values.
 * @see draft-ietf-httpbis-no-vary-search §3
 */
export function searchPolicy(dictionary: ReadonlyMap<string, unknown>): SearchPolicy | undefined {
  const [params, except, anyOrder = false] = ['params', 'except', 'key-order'].map((name) =>
    named(dictionary.get(name)),
  )
  const isListed = isNames(params)
  if (typeof anyOrder !== 'boolean' || !(isListed || params === undefined || typeof params === 'boolean'))
    return undefined
  if (except !== undefined) {
    // A list in `params` together with `except` has no clear meaning.
    return isNames(except) && !isListed && params !== false ? { ignored: 'all', except, anyOrder } : undefined
  }
  const ignored = params === true ? 'all' : isListed ? params : []
  return ignored.length > 0 || anyOrder ? { ignored, except: [], anyOrder } : undefined
}

/**
 * The one URL that represents all URLs that the policy treats as equal. Names and values compare decoded, so they are
 * encoded again here. Empty pairs are dropped.
 */
export function searched(url: string, { ignored, except, anyOrder }: SearchPolicy): string {
  const at = url.indexOf('?')
  if (at < 0) return url
  const pairs = url
    .slice(at + 1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => ({ name: parsePair(pair)[0], text: canonical(pair) }))
    .filter(({ name }) => (ignored === 'all' ? except.includes(name) : !ignored.includes(name)))
  if (anyOrder) pairs.sort((one, other) => (one.name < other.name ? -1 : Number(one.name > other.name)))
  return url.slice(0, pairs.length > 0 ? at + 1 : at) + pairs.map(({ text }) => text).join('&')
}

/** A pair in canonical encoding. A part with malformed encoding stays as it is. */
function canonical(pair: string): string {
  return halves(pair)
    .map((text) => {
      try {
        return encodeURIComponent(decodeURIComponent(text))
      } catch {
        return text
      }
    })
    .join('=')
}

/** Decodes the names of a list, which are encoded as in a query. */
const named = (value: unknown): unknown => (isNames(value) ? value.map((name) => parsePair(name)[0]) : value)

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string')

/** Name and value of a query pair, decoded. `+` is a space, as in forms. */
export function parsePair(pair: string): [name: string, value: string] {
  const [name, value] = halves(pair)
  return [decoded(name), decoded(value)]
}

function halves(pair: string): [name: string, value: string] {
  const [, name = '', value = ''] = /([^=]*)=?(.*)/s.exec(pair.replaceAll('+', ' ')) ?? []
  return [name, value]
}

/** A percent-encoded value, decoded; unchanged when its encoding is malformed. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
