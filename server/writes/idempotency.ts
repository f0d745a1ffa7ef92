import { createHash } from 'node:crypto'
import { named, nativeRequest } from '../adapters/handler.ts'
import { answerProblem, SyncProblem } from '../sync/answers.ts'
import { bytesOf } from '../sync/body.ts'
import type { Session, SessionPool } from '../sync/database.ts'
import { writePosition } from '../sync/position.ts'
import { type KeptAnswer, keepAnswer, keptOf, lockKeys } from './kept-answer.ts'
import { keyOf } from './key.ts'
import { type Done, inTransaction } from './transaction.ts'

export interface IdempotencyOptions<Principal, Client extends Session = Session> {
  /** A pool of `pg`. */
  readonly pool: SessionPool<Client>
  /** Who writes. Undefined: no user is signed in, and the answer is 401. */
  readonly principalOf: (request: Request) => Principal | undefined | Promise<Principal | undefined>
  /** A user's own name, which stays the same: the keys of two users have nothing to do with each other. */
  readonly ownerOf: (principal: Principal) => string
  /** The field that holds the key. Default: 'Idempotency-Key'. */
  readonly field?: string
  /** Whether a write without a key is refused with 400. Default: false, and then it is done each time that it comes. */
  readonly isRequired?: boolean
  /** How long an answer is kept. Clients send nothing again after that. Unit: days. Default: 7. */
  readonly days?: number
  /** The fields of an answer that are kept besides those that describe it. Default: none. */
  readonly fields?: readonly string[]
  /** For how long a write may go without a statement; then PostgreSQL takes it back. Unit: seconds. Default: 60. */
  readonly idle?: number
  /** The longest body of a request. Unit: bytes. Default: 1 MiB. */
  readonly mostBytes?: number
}

/** What a handler gets beside the request. */
export interface WriteContext<Principal, Client extends Session = Session> {
  /** Of the transaction. What is written by it is committed together with the key. */
  readonly client: Client
  readonly principal: Principal
  /** Undefined: the request has none. */
  readonly key: string | undefined
}

export type WriteHandler<Principal, Client extends Session = Session> = (
  request: Request,
  context: WriteContext<Principal, Client>,
) => Response | Promise<Response>

/**
 * Makes handlers of writes that may be sent twice: of requests with the same key one is performed, and the others get its answer.
 *
 * ```
 *   no such key          the handler runs; its answer and the key are committed with what it has written
 *   key is running       409 with Retry-After
 *   key, same request    the kept answer, with Idempotent-Replayed: true
 *   key, other request   422
 * ```
 *
 * The handler runs within a transaction. An answer of 400 or above, or an error, takes back what it has written, and nothing is
 * kept: the same request may come again with the same key. So a handler may run several times for one write, though it is
 * committed once. What is not the database's (a mail, a payment) does not belong into it.
 *
 * Answers that are kept say where the change log stands, see `writePosition`.
 *
 * @example
 * const once = idempotency({ pool, principalOf: userOf, ownerOf: (user) => String(user.id) })
 * app.post('/api/sales', toNode(once(async (request, { client }) => createSale(client, await request.json()))))
 * @see docs/decisions/0050-a-key-is-committed-with-its-write.md
 */
export function idempotency<Principal, Client extends Session = Session>(
  options: IdempotencyOptions<Principal, Client>,
): (handler: WriteHandler<Principal, Client>) => (request: Request) => Promise<Response> {
  const { pool, idle = 60, mostBytes = 1024 * 1024, isRequired = false, field = 'Idempotency-Key' } = options
  return (handler) => async (request) => {
    try {
      const principal = await options.principalOf(request)
      if (principal === undefined) throw new SyncProblem(401, 'Sign in first.')
      const key = keyOf(request.headers.get(field), field)
      if (key === undefined && isRequired) throw new SyncProblem(400, `The write needs a key, in ${field}.`)
      const body = request.body === null ? undefined : await bytesOf(request.body, mostBytes)
      const attempt = (client: Client): Promise<Done<Response>> => {
        const perform = async (): Promise<Response> => handler(repeated(request, body), { client, principal, key })
        return key === undefined
          ? performed(client, perform, async () => undefined)
          : once(client, { ...options, owner: options.ownerOf(principal), key }, fingerprintOf(request, body), perform)
      }
      return await inTransaction(pool, idle, attempt)
    } catch (error) {
      if (error instanceof SyncProblem) return answerProblem(error)
      throw error
    }
  }
}

interface Keyed {
  readonly owner: string
  readonly key: string
  readonly days?: number
  readonly fields?: readonly string[]
}

async function once(
  client: Session,
  { owner, key, days = 7, fields = [] }: Keyed,
  fingerprint: string,
  perform: () => Promise<Response>,
): Promise<Done<Response>> {
  if (!(await lockKeys(client, owner, [key])).has(key)) throw running()
  const kept = (await keptOf(client, owner, [key])).get(key)
  if (kept !== undefined) {
    if (kept.fingerprint !== fingerprint) throw reused()
    return { result: replayed(kept.answer), isKept: false }
  }
  return performed(client, perform, async (response, body) => {
    const names = [...OF_ANSWER, ...fields.map((name) => name.toLowerCase())]
    const held = names.flatMap((name): [string, string][] => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value]]
    })
    const answer = { status: response.status, fields: Object.fromEntries(held), body }
    await keepAnswer(client, { owner, key }, { fingerprint, answer }, days)
  })
}

/** What describes an answer, and what a client of the layer reads. Cookies and other secrets are not among it. */
const OF_ANSWER = [
  'cache-control',
  'cache-group-invalidation',
  'cache-groups',
  'cdn-cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'content-type',
  'etag',
  'freshlayer-position',
  'last-modified',
  'link',
  'location',
  'vary',
]

/** Runs a handler, and keeps its answer if it has done something. */
async function performed(
  client: Session,
  perform: () => Promise<Response>,
  keep: (response: Response, body: Uint8Array<ArrayBuffer> | undefined) => Promise<void>,
): Promise<Done<Response>> {
  const response = await perform()
  if (response.status < 200 || response.status >= 400) return { result: response, isKept: false }
  const headers = new Headers(response.headers)
  if (!headers.has(POSITION)) headers.set(POSITION, await writePosition(client))
  // The whole of it, before the commit: what fails while it is made takes the write back.
  const body = response.body === null ? undefined : new Uint8Array(await response.arrayBuffer())
  const { status, statusText } = response
  const result = new Response(body ?? null, { status, statusText, headers })
  await keep(result, body)
  return { result, isKept: true }
}

const POSITION = 'freshlayer-position'

const replayed = ({ status, fields, body }: KeptAnswer): Response =>
  new Response(body ?? null, { status, headers: { ...fields, 'idempotent-replayed': 'true' } })

/** The same request once more: its body has been read. */
function repeated(request: Request, body: Uint8Array<ArrayBuffer> | undefined): Request {
  const { url, method, headers, signal } = request
  const init = { method, headers, signal, ...(body !== undefined && { body }) }
  return named(new Request(url, init), nativeRequest(request))
}

/** What makes two requests the same one. The host is not part of it: a server may have several names. */
function fingerprintOf({ method, url }: Request, body: Uint8Array | undefined): string {
  const { pathname, search } = new URL(url)
  return createHash('sha256')
    .update(JSON.stringify([method, pathname, search]))
    .update(body ?? '')
    .digest('base64url')
}

const running = (): SyncProblem =>
  new SyncProblem(409, 'The same write is being done.', { reason: 'running' }, { 'retry-after': '1' })

const reused = (): SyncProblem => new SyncProblem(422, 'The key is that of another write.', { reason: 'key-reused' })
