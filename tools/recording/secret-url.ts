import { createHash } from 'node:crypto'
import { isSecret } from '../../sw/core/secret.ts'

/** Query parameters that hold a secret, by their names, besides those that `isSecret` knows of fields. */
const SECRET_NAME =
  /^(?:.*token|authorization|bearer|access|hash|hmac|invit(?:e|ation)|(?:.*[_-])?(?:sig|passw(?:or)?d|pw|pwd|pass|pin|otp|tok|code(?:[_-]?verifier)?|ticket|samlresponse|assertion)|phpsessid|sid)$/i

/** Names that contain one of those words, and say something else. */
const NO_SECRET_NAME = /^(?:authors?|sessions|pass(?:ed|word_?less)|(?:sort|order|group)_?(?:by_?)?key|.*count)$/i

/** Segments behind which a secret stands: `/reset-password/9f3a…`. */
const BEFORE_SECRET =
  /^(?:(?:password-?)?reset(?:-?password)?|invit(?:e|ation)s?|verify|verification|confirm(?:ation)?|activat(?:e|ion)|magic(?:-?link)?|unsubscribe|tokens?|otp|jwt|share|shared)$/i

/** Letters and digits mixed, as in what a machine has written. A number alone is an id. */
const MIXED = /^(?=.*\d)(?=.*[a-z])[\w.~%=-]{6,}$/i

/** The name of a bot and its key in one, as Telegram has them in paths. */
const BOT = /^bot\d+:[\w-]{6,}$/i

/** A JWT, as far as its header goes. */
const JWT = /^eyJ[\w-]+\.[\w-]+/

/** Whether text is what only a machine writes to be secret, wherever it stands: a JWT, a key, a long random text. */
function isToken(text: string): boolean {
  if (JWT.test(text) || BOT.test(text) || /^[0-9a-f]{32,}$/i.test(text)) return true
  const bare = text.replace(/^[a-z]{2,8}[-_](?:live_|test_)?/i, '')
  if (!/^[\w+/~-]{20,}={0,2}$/.test(bare)) return false
  // Digits, small and capital letters take turns as in no word. A UUID is an id, and has one case alone.
  const turns = bare.match(/\d(?=[a-z])|[a-z](?=\d)|[a-z](?=[A-Z])|[A-Z]{2}(?=[a-z])/gi)?.length ?? 0
  return /[a-z]/.test(bare) && /[A-Z]/.test(bare) && (bare.match(/\d/g)?.length ?? 0) >= 2 && turns >= 4
}

/** An address within a parameter. */
const ADDRESS = /^(?:[a-z][a-z\d+.-]*:\/\/|\/)/i

/** The names of members of an object within a parameter, as of the variables of GraphQL. */
const MEMBERS = /[{,[]\s*["']?([\w-]+)["']?\s*:/g

const digestAs = (encoding: 'base64url' | 'hex', text: string, length: number): string =>
  createHash('sha256').update(text).digest(encoding).slice(0, length)

/** Enough of a digest to tell secrets apart. */
export const short = (text: string): string => digestAs('base64url', text, 16)

/**
 * A URL with a digest in place of each secret in it, and without a user, a password and a fragment. Equal secrets have
 * equal digests. All that is shown of a recording, or written into rules, has been through this once.
 *
 * @param url absolute, or relative as in `Location`.
 */
export function withoutSecrets(url: string): string {
  const [bare = ''] = url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1').split('#', 1)
  const mark = bare.indexOf('?')
  const path = mark < 0 ? bare : bare.slice(0, mark)
  const query =
    mark < 0
      ? ''
      : `?${bare
          .slice(mark + 1)
          .split('&')
          .map(hiddenPart)
          .join('&')}`
  return `${path.split('/').map(hiddenSegment).join('/')}${query}`
}

/** Some servers take a semicolon for an ampersand. To others it is part of the value, which may be a secret as a whole. */
function hiddenPart(part: string): string {
  const hidden = hiddenPair(part)
  return hidden === part ? part.split(';').map(hiddenPair).join(';') : hidden
}

function hiddenPair(pair: string): string {
  const at = pair.indexOf('=')
  // What has no name may be the secret itself.
  if (at < 0) return isToken(decoded(pair)) ? short(pair) : pair
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
  return value !== '' && holdsSecret(decoded(name), decoded(value)) ? `${name}=${short(value)}` : pair
}

const holdsSecret = (name: string, value: string): boolean =>
  isSecretName(name) ||
  isToken(value) ||
  (ADDRESS.test(value) && withoutSecrets(value) !== value) ||
  [...value.matchAll(MEMBERS)].some(([, member = '']) => isSecretName(member))

const isSecretName = (name: string): boolean =>
  SECRET_NAME.test(name) || (isSecret(name.toLowerCase()) && !NO_SECRET_NAME.test(name))

/** A digest in hexadecimal is what patterns take for an id, or for a hash, as they do what it stands for. */
function hiddenSegment(segment: string, at: number, all: readonly string[]): string {
  const [name = '', ...parameters] = segment.split(';')
  const text = decoded(name)
  const isBehind = BEFORE_SECRET.test(all[at - 1] ?? '') && MIXED.test(text)
  const shown =
    isBehind || isToken(text) ? digestAs('hex', text, /^[0-9a-f]{32,}$/i.test(text) && !isBehind ? 32 : 16) : name
  return [shown, ...parameters.map(hiddenPair)].join(';')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', '%2B'))
  } catch {
    return text
  }
}
