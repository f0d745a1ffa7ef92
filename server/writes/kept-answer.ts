import type { QueryRows, Session } from '../sync/database.ts'

/** The answer to a write, as far as it is kept. */
export interface KeptAnswer {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  /** Undefined: it has no body. */
  readonly body: Uint8Array<ArrayBuffer> | undefined
}

/** What is known of a key. */
export interface Kept {
  /** Of the request, or of the item of a batch. */
  readonly fingerprint: string
  readonly answer: KeptAnswer
}

/** Whose key it is: two users may use the same. */
export interface OwnedKey {
  readonly owner: string
  readonly key: string
}

/** Any fixed number: these locks are of no other part of the app that takes locks by hashes. */
const SEED = 7_303_015

/**
 * Takes the lock of each key, up to the end of the transaction. PostgreSQL gives it back with the session, so no key stays locked
 * by a process that has died.
 *
 * @returns the keys whose lock is held here now. Each other one is running elsewhere.
 */
export async function lockKeys(
  session: Pick<Session, 'query'>,
  owner: string,
  keys: readonly string[],
): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(
    `select key from unnest($2::text[]) as key
     where pg_try_advisory_xact_lock(hashtextextended(octet_length($1::text) || ' ' || $1 || key, ${SEED}))`,
    [owner, keys],
  )
  return new Set(rows.map(({ key }) => String(key)))
}

/** What is kept of keys. Ask in a statement after that which locks them: a statement sees what was committed before it began. */
export async function keptOf(
  session: Pick<Session, 'query'>,
  owner: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Kept>> {
  const { rows } = await session.query(
    `select key, fingerprint, status, fields, body from freshlayer.idempotency_keys
     where owner = $1 and key = any($2::text[])`,
    [owner, keys],
  )
  return new Map(rows.map((row) => [String(row['key']), keptIn(row)]))
}

/**
 * Keeps an answer in the transaction of its write: both are committed, or neither.
 *
 * @param days how long at least.
 */
export async function keepAnswer(
  session: Pick<Session, 'query'>,
  { owner, key }: OwnedKey,
  { fingerprint, answer: { status, fields, body } }: Kept,
  days: number,
): Promise<void> {
  await session.query(
    `insert into freshlayer.idempotency_keys (owner, key, fingerprint, status, fields, body, expires_at)
     values ($1, $2, $3, $4, $5, $6, clock_timestamp() + make_interval(secs => $7))`,
    [
      owner,
      key,
      fingerprint,
      status,
      JSON.stringify(fields),
      body === undefined ? null : Buffer.from(body),
      days * 86_400,
    ],
  )
}

/** Keeps what has become of several items, as JSON, in one statement. */
export async function keepResults(
  session: Pick<Session, 'query'>,
  owner: string,
  results: readonly { readonly key: string; readonly fingerprint: string; readonly result: object }[],
  days: number,
): Promise<void> {
  if (results.length === 0) return
  await session.query(
    `insert into freshlayer.idempotency_keys (owner, key, fingerprint, status, fields, body, expires_at)
     select $1, key, fingerprint, 200, '{"content-type": "application/json"}', convert_to(body, 'UTF8'),
       clock_timestamp() + make_interval(secs => $5)
     from unnest($2::text[], $3::text[], $4::text[]) as kept (key, fingerprint, body)`,
    [
      owner,
      results.map(({ key }) => key),
      results.map(({ fingerprint }) => fingerprint),
      results.map(({ result }) => JSON.stringify(result)),
      days * 86_400,
    ],
  )
}

function keptIn(row: QueryRows['rows'][number]): Kept {
  const { fingerprint, status, fields, body } = row
  return {
    fingerprint: String(fingerprint),
    answer: {
      status: Number(status),
      fields: Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, String(value)])),
      body: body instanceof Uint8Array ? Uint8Array.from(body) : undefined,
    },
  }
}
