import type { Fields } from './head.ts'
import { type Seconds, seconds } from './units.ts'

/**
 * A directive's number. 'invalid' when it is present but not a delta-seconds, or when it was given twice:
 * the sender meant to limit reuse, and stale is the safe reading.
 */
type DeltaSeconds = Seconds | 'invalid' | undefined

export interface Directives {
  readonly maxAge: DeltaSeconds
  /** Request only. Without a number: any staleness is accepted. */
  readonly maxStale: DeltaSeconds
  /** Request only. */
  readonly minFresh: DeltaSeconds
  readonly staleWhileRevalidate: DeltaSeconds
  readonly staleIfError: DeltaSeconds
  readonly noStore: boolean
  readonly noCache: boolean
  readonly mustRevalidate: boolean
  readonly mustUnderstand: boolean
  readonly immutable: boolean
  /** Request only. */
  readonly onlyIfCached: boolean
  readonly public: boolean
  readonly private: boolean
}

/** The largest delta-seconds that is kept. A larger value is cut to this one. */
const MAX_DELTA = 2_147_483_648

/** A non-negative integer, bounded; nothing else is a delta-seconds (RFC 9111 §1.2.2). */
export const deltaSeconds = (text: string): Seconds | 'invalid' =>
  /^\d+$/.test(text) ? seconds(Math.min(Number(text), MAX_DELTA)) : 'invalid'

/**
 * The directives of a `Cache-Control` field, of a request or a response. Names match in any case. A value is a token or
 * a quoted string. Unknown directives are skipped. The qualified forms `no-cache="Field"` and `private="Field"` count
 * as unqualified, which is the safe and usual reading.
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

/** Parsed fields by their text. An origin sends few different values, and each hit reads them several times. */
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

/** The parts of a response that control its reuse. */
export interface Controlled {
  readonly fields: Fields
  /** A valid targeted field, as `Cache-Control` text. It replaces `Cache-Control` and `Expires` (RFC 9213 §2.2). */
  readonly targeted?: string | undefined
}

/** The directives of a response that apply to this cache. */
export const directivesOf = ({ fields, targeted }: Controlled): Directives =>
  parseCacheControl(targeted ?? fields.get('cache-control'))
