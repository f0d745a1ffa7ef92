import type { RequestHead } from './head.ts'
import { asksForBytes } from './range.ts'

export interface KeyParts {
  /** Whose data it is; already safe to join (see `partitionName`). */
  readonly partition: string
  readonly request: RequestHead
  /** Normalised: without fragment and without the query parameters the rule ignores. */
  readonly url: string
  readonly credentials: string
  /** Lower-cased names of request fields that the rule says choose another answer. */
  readonly keyHeaders: readonly string[]
  /** Digest of the body of a read that has one (`POST`, `QUERY`). */
  readonly bodyDigest?: string | undefined
}

/**
 * The key under which every variant of one answer is found. `Accept` is always part of it: applications negotiate
 * without saying `Vary`. So is a `Range` in a unit other than bytes, which some list APIs use to ask for a page. What was
 * asked with a body is found by that body and its type (RFC 10008 §2.7).
 *
 * Parts are joined by line feeds. A serialised URL holds none, Fetch refuses them in field values, and a partition is
 * percent-encoded, so no URL and no header can forge another's key. No field's name holds a space, so none passes for a
 * body.
 */
export function entryKey({ partition, request, url, credentials, keyHeaders, bodyDigest }: KeyParts): string {
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const accept = (request.fields.get('accept') ?? '*/*').replace(/\s+/g, '')
  const others = [
    asksForBytes(request.fields) ? [] : ['range'],
    bodyDigest === undefined ? [] : ['content-type', 'content-encoding'],
  ].flat()
  const named = [...keyHeaders, ...others].flatMap((name) => {
    const value = request.fields.get(name)
    return value === undefined ? [] : [`${name}:${value}`]
  })
  const body = bodyDigest === undefined ? [] : [`body ${bodyDigest}`]
  return [partition, ROW, url, method, credentials, accept, ...named, ...body].join('\n')
}

/** The kind of record that a key is of. The partition comes first: all that one user has lies in one range of keys. */
const ROW = 'row'

/** Whether whose data it is was told by a request's own `Authorization`. */
export const isOfToken = (partition: string): boolean => partition.startsWith('token/')

/** The prefix that the keys of all that belongs to a partition share. */
export const partitionPrefix = (partition: string): string => `${partition}\n`

/** The prefix that the keys of all answers for one URL share, within a partition. */
export const urlPrefix = (partition: string, url: string): string => `${partitionPrefix(partition)}${ROW}\n${url}\n`

/**
 * A partition of its own for each kind of identity, so that a user called "public" is not the public. JSON escapes the
 * lone surrogates on which `encodeURIComponent` would throw. What is no text counts as its text.
 */
export const partitionName = (kind: 'everyone' | 'token' | 'user', ...ids: readonly string[]): string =>
  [kind, ...ids.map((id) => encodeURIComponent(JSON.stringify(`${id}`).slice(1, -1)))].join('/')

/** The partition of what is the same for all. */
export const EVERYONE = partitionName('everyone')
