/** Header fields by lower-cased name; repeated lines already joined with ", " as Fetch does. */
export type Fields = ReadonlyMap<string, string>

/** `Request.cache`, as the page passed it. */
export type CacheMode = 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached'

/** The parts of a request that the rules read. */
export interface RequestHead {
  readonly method: string
  /** Absolute, without fragment. */
  readonly url: string
  readonly fields: Fields
  readonly cache: CacheMode
  /** The `Authorization` field named the user, so the partition belongs to that token's user alone. */
  readonly ofToken?: boolean
}

/** The parts of a response that the rules read. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly fields: Fields
  /** The browser followed a redirect. The first hop's headers are lost, so nothing is known about the requested URL. */
  readonly redirected: boolean
  /** The browser hides status, headers and body from scripts. */
  readonly opaque: boolean
  /** See `Controlled`. */
  readonly targeted?: string | undefined
}

/** Whether the origin cannot be reached: a proxy answers with 502, 503 or 504 in its place. Counts as no answer. */
export const isAway = (status: number): boolean => status >= 502 && status <= 504

/** The comma-separated members of a field, trimmed, without empty ones. Not for fields with quoted commas. */
export const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
