import type { Hint } from './hint.ts'

/** A message of a feed, as a tab understands it. */
export type Message =
  /** The connection is there. */
  | { readonly kind: 'hello'; readonly heartbeatMs: number; readonly returnsMs?: number }
  | { readonly kind: 'hint'; readonly hint: Hint; readonly cursor?: string | undefined; readonly spreadMs?: number }
  /** It shows that the connection lives. @param returnsMs over how long all come back who are cut off at once. */
  | { readonly kind: 'sign'; readonly returnsMs?: number }

/** A server cannot have a page wait longer before it reads anew. */
const MAX_SPREAD_MS = 60_000

/** A text as JSON that is an object; undefined for any other. */
export function parsedObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string')

/** A message of `freshlayer/server`. One that cannot be read may be of a newer version, and mean anything. */
export function ownMessage(
  type: string,
  data: Readonly<Record<string, unknown>> | undefined,
  cursor?: string,
): Message {
  const { heartbeat, returns, tags, all, transactions, spread } = data ?? {}
  const returning = typeof returns === 'number' ? { returnsMs: Math.min(returns, MAX_SPREAD_MS) } : {}
  if (type === 'hello') {
    const seconds = typeof heartbeat === 'number' && heartbeat > 0 ? heartbeat : 15
    return { kind: 'hello', heartbeatMs: seconds * 1000, ...returning }
  }
  if (type !== 'hint') return { kind: 'sign', ...returning }
  const isRead = isTexts(tags)
  return {
    kind: 'hint',
    hint: {
      tags: isRead ? tags : [],
      all: !isRead || all === true,
      transactions: isTexts(transactions) ? transactions : undefined,
    },
    cursor,
    ...(typeof spread === 'number' && { spreadMs: Math.min(spread, MAX_SPREAD_MS) }),
  }
}

/** A message of another feed, by the app's own function. One for which that throws may mean anything. */
export function foreignMessage(
  parse: (message: string, type: string) => readonly string[] | undefined,
  text: string,
  type: string,
): Message {
  let tags: unknown
  try {
    tags = parse(text, type) ?? []
  } catch (error) {
    // Code of the app: an uncaught error of the app, which breaks nothing here.
    reportError(error)
  }
  return { kind: 'hint', hint: isTexts(tags) ? { tags } : { tags: [], all: true } }
}
