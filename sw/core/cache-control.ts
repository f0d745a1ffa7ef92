import type { Fields } from './head.ts'
import { type Seconds, seconds } from './units.ts'

/**
 * A directive's number. 'invalid' when it is present but not a delta-seconds, or when it was given twice:
 * the sender meant to limit reuse, and stale is the safe reading.
 */
type DeltaSeconds = Seconds | 'invalid' | undefined

export interface Directives {
  readonly maxAge: DeltaSeconds
  /** Of a request; without a number: as stale as it comes. */
  readonly maxStale: DeltaSeconds
  /** Of a request. */
  readonly minFresh: DeltaSeconds
  readonly staleWhileRevalidate: DeltaSeconds
  readonly staleIfError: DeltaSeconds
  readonly noStore: boolean
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly mustUnderstand: boolean
  readonly immutable: boolean
  /** Of a request. */
  readonly onlyIfCached: boolean
  readonly public: boolean
  readonly private: boolean
}

/** The largest delta-seconds we keep; what overflows means "as long as you can". */
const MAX_DELTA = 2_147_483_648

/** A non-negative integer, bounded; nothing else is a delta-seconds (RFC 9111 §1.2.2). */
export const deltaSeconds = (text: string): Seconds | 'invalid' =>
  /^\d+$/.test(text) ? seconds(Math.min(Number(text), MAX_DELTA)) : 'invalid'

/**
 * What a `Cache-Control` field says, requests and responses alike. Names in any case, values as token or quoted
 * string, unknown directives skipped. The qualified forms `no-cache="Field"` and `private="Field"` count as
 * unqualified, the safe and usual reading.
 *
 * @see RFC 9111 §5.2, §4.2.1 (duplicates and invalid values are stale)
 */
export function parseCacheControl(value = ''): Directives {
  const known = parsed.get(value)
  if (known !== undefined) return known
  const directives = parse(value)
  if (parsed.size === MAX_PARSED) parsed.clear()
  parsed.set(value, directives)
  return directives
}

/** An origin says few different things, and each hit asks for them several times. */
const parsed = new Map<string, Directives>()
const MAX_PARSED = 100

function parse(value: string): Directives {
  const given = new Map<string, string | undefined>()
  // A directive, its value as a quoted string and nothing more, or as anything up to the next comma.
  for (const [, name = '', quoted, plain] of value.matchAll(
    /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=,|$)|([^,]*)))?[^,]*/g,
  )) {
    const key = name.toLowerCase()
    given.set(key, given.has(key) ? 'given twice' : (quoted ?? plain?.trim()))
  }
  const delta = (name: string): DeltaSeconds => (given.has(name) ? deltaSeconds(given.get(name) ?? '') : undefined)
  return {
    maxAge: delta('max-age'),
    maxStale: given.has('max-stale') && given.get('max-stale') === undefined ? seconds(Infinity) : delta('max-stale'),
    minFresh: delta('min-fresh'),
    staleWhileRevalidate: delta('stale-while-revalidate'),
    staleIfError: delta('stale-if-error'),
    noStore: given.has('no-store'),
    noCache: given.has('no-cache'),
    mustRevalidate: given.has('must-revalidate'),
    mustUnderstand: given.has('must-understand'),
    immutable: given.has('immutable'),
    onlyIfCached: given.has('only-if-cached'),
    public: given.has('public'),
    private: given.has('private'),
  }
}

/** Where a response says how it may be reused. */
export interface Controlled {
  readonly fields: Fields
  /** A valid targeted field, as the `Cache-Control` it stands for; then that and `Expires` are ignored (RFC 9213 §2.2). */
  readonly targeted?: string | undefined
}

/** The directives of a response that hold for us. */
export const directivesOf = ({ fields, targeted }: Controlled): Directives =>
  parseCacheControl(targeted ?? fields.get('cache-control'))
