/** What a segment of a path looks like by itself. */
export type SegmentKind = 'id' | 'uuid' | 'hash' | 'date' | 'language' | 'email' | 'literal'

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Folders whose entries are named by language. */
const OF_LANGUAGES = /^(?:locales?|i18n|l10n|lang(?:uage)?s?|translations?|messages)$/i

const LANGUAGE = /^[a-z]{2}(?:[-_][a-z]{2,4})?$/i

/** What a segment looks like. `parent` is the one before it. */
export function segmentKind(segment: string, parent: string | undefined): SegmentKind {
  if (parent !== undefined && OF_LANGUAGES.test(parent) && LANGUAGE.test(segment)) return 'language'
  // In a pattern these would not stand for themselves.
  if (/[:*|[\]^{}()"<>`\\]/.test(segment)) return 'id'
  // A version of an API.
  if (/^v\d+(?:\.\d+)?$/i.test(segment)) return 'literal'
  if (/^\d{4}-\d{2}(?:-\d{2})?(?:T[\d:.%A-Z+-]+)?$/i.test(segment)) return 'date'
  if (/^-?\d+$/.test(segment)) return 'id'
  if (UUID.test(segment)) return 'uuid'
  if (/(?:@|%40)[\w-]+\.[a-z]{2,}$/i.test(segment)) return 'email'
  if (/^[0-9a-f]{8,}$/i.test(segment) && /\d/.test(segment)) return segment.length >= 32 ? 'hash' : 'id'
  if (/^[0-9a-f]{6,}\.[0-9a-f]{4,}$/i.test(segment) && /\d/.test(segment)) return 'id'
  // A package of a scope, or a user's name behind a sign.
  if (segment.startsWith('@') || parent?.startsWith('@') === true) return 'id'
  // ULID, nanoid, CUID, Firestore, YouTube: long, and a mix that no word is.
  if (/^[\w-]{10,}$/.test(segment) && isMixed(segment)) return 'id'
  // What Stripe and others write: prod_8hJk2Lm9, SKU-10012, INV00012.
  if (/^[a-z]{1,6}[-_]?\d{2,}$/i.test(segment) || /^[a-z]{2,8}_(?=\w*\d)\w{6,}$/i.test(segment)) return 'id'
  // Base64 of a GraphQL node, and others that end in padding.
  if (/^[\w+-]{8,}(?:%3D|=){1,2}$/i.test(segment)) return 'id'
  return 'literal'
}

/** Whether digits and letters, or small and capital letters, alternate as in no word. */
function isMixed(segment: string): boolean {
  const digits = segment.replace(/\D/g, '').length
  const turns = segment.match(/\d[a-z]|[a-z]\d|[a-z][A-Z]{2,}|[A-Z]{2,}[a-z][A-Z]/gi)?.length ?? 0
  return !segment.includes('-') ? digits >= 2 && turns >= 3 : digits >= 3 && turns >= 4
}

/** The name of the parameter that stands for segments of these kinds, before it is made unique. */
export function parameterName(kinds: ReadonlySet<SegmentKind | 'slug'>): string {
  const [only, ...others] = kinds
  if (only === undefined || others.length > 0) return kinds.has('slug') ? 'slug' : 'id'
  return NAMES[only]
}

const NAMES: Readonly<Record<SegmentKind | 'slug', string>> = {
  id: 'id',
  uuid: 'id',
  literal: 'id',
  hash: 'hash',
  date: 'date',
  language: 'lang',
  email: 'email',
  slug: 'slug',
}

/** One of many, as far as English spelling goes: `categories` → `category`. */
export function singular(word: string): string {
  if (/[^aeiou]ies$/i.test(word)) return word.replace(/ies$/i, 'y')
  if (/(?:ss|sh|ch|x|zz)es$/i.test(word)) return word.replace(/es$/i, '')
  return /[^su]s$/i.test(word) ? word.slice(0, -1) : word
}

/** Whether a segment names many: the one behind it probably names one of them. */
export const isPlural = (word: string): boolean =>
  singular(word) !== word || /^(?:people|media|data|news|statuses)$/i.test(word)
