/** Which parts of a query choose another answer, as a response said for its path (No-Vary-Search). */
export interface SearchPolicy {
  /** Names that choose nothing. */
  readonly ignored: readonly string[] | 'all'
  /** Of all, only these choose. */
  readonly except: readonly string[]
  /** The order of names chooses nothing either. */
  readonly anyOrder: boolean
}

/**
 * What a `No-Vary-Search` dictionary says; undefined when it says nothing that can be understood, and then every part of
 * a query counts. Takes the form of the draft (`except=("c")`) and the one that Chromium knows (`params, except=("c")`).
 *
 * @param dictionary bare values by name, lists of them where a list is given.
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
    // "These do not count, and all but those": nobody can tell what is meant.
    return isNames(except) && !isListed && params !== false ? { ignored: 'all', except, anyOrder } : undefined
  }
  const ignored = params === true ? 'all' : isListed ? params : []
  return ignored.length > 0 || anyOrder ? { ignored, except: [], anyOrder } : undefined
}

/**
 * The URL that stands for all that the policy takes to be the same. Names and values are compared decoded, so they are
 * written anew; empty pairs mean nothing.
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

/** A pair as it would be written now; a part whose encoding is malformed stays as it is. */
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

/** Names in a list are written as in a query. */
const named = (value: unknown): unknown => (isNames(value) ? value.map((name) => parsePair(name)[0]) : value)

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string')

/** Name and value of a pair of a query, decoded; `+` is a space, as forms write it. */
export function parsePair(pair: string): [name: string, value: string] {
  const [name, value] = halves(pair)
  return [decoded(name), decoded(value)]
}

function halves(pair: string): [name: string, value: string] {
  const [, name = '', value = ''] = /([^=]*)=?(.*)/s.exec(pair.replaceAll('+', ' ')) ?? []
  return [name, value]
}

/** The text that a percent-encoded value stands for; kept as it came when its encoding is malformed. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
