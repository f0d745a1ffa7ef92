import type { Fields } from '../../core/head.ts'
import { isSecret } from '../../core/secret.ts'
import { STORE_LIMIT_MS, timeout } from '../../fetch/clock.ts'
import { SECRET } from '../store/records.ts'
import { report } from '../report.ts'
import { onClose, promisifyRequest } from '../store/database.ts'
import type { Transactions } from '../store/writer.ts'

/**
 * The maximum of remembered digests. More of them are probably values that change per request; then all are dropped.
 */
const MAX_KNOWN = 200

/**
 * Digests that replace secrets in keys and rows. The browser makes the key of the digests, and no script can read it.
 * So an attacker cannot find a weak password by trying words (docs/decisions/0019-secrets-are-digests.md).
 */
export class Secrets {
  readonly #store: Transactions
  /** Digests by value, for the values that this worker has seen. The values are only in memory. */
  readonly #digests = new Map<string, string>()
  #key: Promise<CryptoKey> | undefined

  constructor(store: Transactions) {
    this.#store = store
    // If the database was deleted, a new one has another key.
    onClose.add(() => this.#use(undefined))
  }

  #use(key: CryptoKey | undefined): void {
    this.#key = key && Promise.resolve(key)
    this.#digests.clear()
  }

  /**
   * The fields of a request with digests in place of secrets. Asynchronous only for a secret that is new to this
   * worker.
   */
  hide(fields: Fields): Fields | Promise<Fields> {
    const secrets = [...fields.keys()].filter(isSecret)
    if (secrets.length === 0) return fields
    const values = secrets.map((name) => fields.get(name) ?? '')
    const known = values.map((value) => this.known(value))
    const hidden = (digests: readonly string[]): Fields =>
      new Map([...fields, ...secrets.map((name, at) => [name, digests[at] ?? ''] as const)])
    if (known.every((digest) => digest !== undefined)) return hidden(known)
    return Promise.all(values.map((value) => this.digestOf(value))).then(hidden)
  }

  /** Hidden fields as the page sent them; undefined when the value of a digest is not remembered. */
  shown(fields: Fields): Map<string, string> | undefined {
    const shown = new Map(fields)
    for (const [name, digest] of fields) {
      if (!isSecret(name)) continue
      const value = [...this.#digests].find(([, known]) => known === digest)?.[0]
      if (value === undefined) return undefined
      shown.set(name, value)
    }
    return shown
  }

  /** The remembered digest of a value. */
  known(value: string): string | undefined {
    return this.#digests.get(value)
  }

  async digestOf(value: string): Promise<string> {
    const known = this.known(value)
    if (known !== undefined) return known
    const key = (this.#key ??= this.#readKey())
    const bytes = await crypto.subtle.sign('HMAC', await key, new TextEncoder().encode(value))
    const digest = btoa(String.fromCharCode(...new Uint8Array(bytes)))
    if (key !== this.#key) return this.digestOf(value)
    if (this.#digests.size === MAX_KNOWN) this.#digests.clear()
    this.#digests.set(value, digest)
    return digest
  }

  /** The key on disk. Without one a new key is stored, in the same transaction, so that two workers share it. */
  async #readKey(): Promise<CryptoKey> {
    const made = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const kept = this.#store.write(async ({ store }) => {
      const found = await promisifyRequest<unknown>(store.get(SECRET))
      if (found instanceof CryptoKey && found.algorithm.name === made.algorithm.name) return found
      store.put(made, SECRET)
      return made
    })
    const late = 'it takes long'
    const found = await timeout(STORE_LIMIT_MS, kept, late).catch(String)
    if (typeof found !== 'string') return found
    report('secrets: their key cannot be kept; the next worker does not find what is stored by this one', found)
    kept.then(
      (key) => this.#use(key),
      () => undefined,
    )
    return made
  }
}
