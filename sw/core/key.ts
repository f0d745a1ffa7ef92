import type { RequestHead } from './head.ts'
import { asksForBytes } from './range.ts'

export interface KeyParts {
  /** The partition that owns the data, already encoded (see `partitionName`). */
  readonly partition: string
  readonly request: RequestHead
  /** Normalised: without fragment and without the query parameters that the rule ignores. */
  readonly url: string
  readonly credentials: string
  /** Lower-cased names of the request fields that the rule adds to the key. */
  readonly keyHeaders: readonly string[]
  /** Digest of the request body of a read (`POST`, `QUERY`). */
  readonly bodyDigest?: string | undefined
}

/**
 * The key that all variants of one answer share. `Accept` is always part of it, because applications negotiate without
 * `Vary`. A `Range` in a unit other than bytes is part of it, because some list APIs page that way. For a read with a
 * body, the body's digest and type are part of it (RFC 10008 §2.7).
 *
 * Line feeds join the parts. A serialised URL contains none, Fetch refuses them in field values, and a partition is
 * percent-encoded. So no URL and no header can forge another key. A field name contains no space, so no field can look
 * like a body.
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

/** The kind of record. The partition comes first in a key, so one range of keys holds all data of one user. */
const ROW = 'row'

/** The method of the reads that a key is of. */
export const methodOfKey = (key: string): string => key.split('\n', 4)[3] ?? ''

/** Whether a request's own `Authorization` named the partition. */
export const isOfToken = (partition: string): boolean => partition.startsWith('token/')

/** The prefix of all keys of a partition. */
export const partitionPrefix = (partition: string): string => `${partition}\n`

/** The prefix of all keys of one URL within a partition. */
export const urlPrefix = (partition: string, url: string): string => `${partitionPrefix(partition)}${ROW}\n${url}\n`

/**
 * The name of a partition. The kind comes first, so that a user named "everyone" does not share the public partition.
 * JSON escapes lone surrogates, on which `encodeURIComponent` would throw. An id that is not a string is converted to
 * one.
 */
export const partitionName = (kind: 'anonymous' | 'everyone' | 'token' | 'user', ...ids: readonly string[]): string =>
  [kind, ...ids.map((id) => encodeURIComponent(JSON.stringify(`${id}`).slice(1, -1)))].join('/')

/** The partition of data that is the same for all users. */
export const EVERYONE = partitionName('everyone')

/** The partition of requests without a token, where tokens alone say who asks. */
export const ANONYMOUS = partitionName('anonymous')

/** Whether a partition belongs to no user. No sign-in and no sign-out concerns it. */
export const isOfNobody = (partition: string): boolean => partition === EVERYONE || partition === ANONYMOUS
