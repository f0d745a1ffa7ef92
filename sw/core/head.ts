/** Header fields by lower-cased name; repeated lines already joined with ", " as Fetch does. */
export type Fields = ReadonlyMap<string, string>

/** `Request.cache`, as the page passed it. */
export type CacheMode = 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached'

/** What the rules need to know of a request. */
export interface RequestHead {
  readonly method: string
  /** Absolute, without fragment. */
  readonly url: string
  readonly fields: Fields
  readonly cache: CacheMode
  /** Whose data it is about was told by its `Authorization`, so that nobody else's can be mistaken for it. */
  readonly ofToken?: boolean
}

/** What the rules need to know of a response. */
export interface ResponseHead {
  readonly status: number
  readonly statusText: string
  readonly fields: Fields
  /** The browser followed a redirect: the first hop's headers are lost, so nothing is known of the URL asked for. */
  readonly redirected: boolean
  /** Status, headers and body are hidden from script. */
  readonly opaque: boolean
  /** See `Controlled`. */
  readonly targeted?: string | undefined
}

/** "Cannot be reached": an answer of a proxy that has no origin behind it counts as no answer. */
export const isAway = (status: number): boolean => status >= 502 && status <= 504

/** The comma-separated members of a field, trimmed, empty ones left out. Not for fields with quoted commas. */
export const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((member) => member.trim())
    .filter((member) => member !== '')
