import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

const KEY_BYTES = 32

/** A salted scrypt hash, as `scrypt$<salt>$<key>` in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `scrypt$${salt.toString('base64url')}$${(await deriveKey(password, salt)).toString('base64url')}`
}

/** Whether the password is the hashed one. Takes the same time for every wrong password. */
export async function isPasswordOf(hash: string, password: string): Promise<boolean> {
  const [scheme, salt, key] = hash.split('$')
  if (scheme !== 'scrypt' || salt === undefined || key === undefined) return false
  const expected = Buffer.from(key, 'base64url')
  return (
    expected.length === KEY_BYTES &&
    timingSafeEqual(expected, await deriveKey(password, Buffer.from(salt, 'base64url')))
  )
}

function deriveKey(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}
