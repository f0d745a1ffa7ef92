/** Structured fields (RFC 9651), by a library's parser. A field that is malformed is void as a whole. */
import { parseDictionary, parseList } from 'structured-headers'

/** Values by name, without their parameters; empty when there is nothing or nothing that can be read. */
export const bareDictionary = (text: string | undefined): Map<string, unknown> =>
  new Map([...(parsed(text, parseDictionary) ?? [])].map(([name, value]) => [name, bare(value)]))

/** Values without their parameters; undefined when nothing can be read. */
export const bareList = (text: string | undefined): unknown[] | undefined => parsed(text, parseList)?.map(bare)

/** The parameters of each member. */
export const listParameters = (text: string | undefined): ReadonlyMap<string, unknown>[] | undefined =>
  parsed(text, parseList)?.map(([, parameters]) => parameters)

const bare = (value: unknown): unknown => {
  const [inner] = value as [unknown]
  return Array.isArray(inner) ? inner.map(bare) : inner
}

function parsed<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  if (text === undefined) return undefined
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
