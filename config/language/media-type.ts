/** Types that servers send for the same format. */
const ALIASES = [
  [
    'text/javascript',
    'application/javascript',
    'application/x-javascript',
    'application/ecmascript',
    'text/ecmascript',
  ],
  ['text/xml', 'application/xml'],
  ['image/jpeg', 'image/jpg'],
  ['image/x-icon', 'image/vnd.microsoft.icon'],
]

/** What `expects` may be. A star stands for a whole part. */
export const MEDIA_TYPE = /^(?:json|\*\/\*|[\w.+-]+\/(?:\*|[\w.+-]+))$/i

/**
 * Matches the media types that an option `expects` means: of `'json'` every JSON type, of one type also the other names of
 * its format, of `'image/*'` each image, of `'*\/*'` also no type at all. The media type is in small letters, without
 * parameters.
 *
 * @see RFC 9239 §6 (`text/javascript`), RFC 7303 §9.2 (`text/xml`), RFC 6839 §3.1 (`+json`)
 */
export function expectedType(expects: string): RegExp {
  const type = expects.toLowerCase()
  if (type === 'json') return /^(application|text)\/json$|\+json$/
  if (type === '*/*') return /^/
  const names = ALIASES.find((known) => known.includes(type)) ?? [type]
  return new RegExp(
    `^${names.map((name) => (name.endsWith('/*') ? literal(name.slice(0, -1)) : `${literal(name)}$`)).join('|^')}`,
  )
}

const literal = (text: string): string => text.replace(/\W/g, '\\$&')
