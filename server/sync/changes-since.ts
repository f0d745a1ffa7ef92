import { bucketSums, collectionDigest, heldTag } from '../../sw/core/digest.ts'
import { evaluatePreconditions } from '../validators.ts'
import { gone, SyncProblem } from './answers.ts'
import { type Asked, askedOf, rowsOf, type SyncOptions } from './asked.ts'
import { type Cursor, formatCursor, type LogPosition, parseCursor } from './cursor.ts'
import { inSnapshot, isRowSecurityActive, type Session } from './database.ts'
import type { ApiRow } from './entity.ts'
import { entriesAfter, isBehind, isOld, lastEntry, type LogEntry, type LogState, logState } from './log.ts'
import type { Total, Totals } from './totals.ts'

/** The changes of one entity in an answer. An id stands once, in one of the three lists. */
export interface EntityChanges {
  readonly added: readonly ApiRow[]
  readonly updated: readonly ApiRow[]
  /** The ids, as texts. */
  readonly deleted: readonly string[]
  /** How many rows the caller may see: only where nothing is left to come, so that the client's own number has to be the same. */
  readonly total?: number
  /** Of all rows' ids and versions, see `collectionDigest`: where `total` stands, and the request had `digest=1`. */
  readonly digest?: number
}

/** The answer of `GET /sync`. */
export interface SyncAnswer {
  /** The cursor that was asked with; null at a first load. */
  readonly since: string | null
  /** The next cursor. */
  readonly timestamp: string
  /** Whether to ask again at once. */
  readonly hasMore: boolean
  /** Whether changes have been made whose turn comes only when an older transaction has ended: ask again soon. */
  readonly behind: boolean
  /** How long a cursor is good for, as an ISO 8601 duration. */
  readonly retention: string
  readonly data: Readonly<Record<string, EntityChanges>>
}

/** A cursor that is kept by a 304 falls behind its last answer by this part of the retention at most: an hour of 30 days. */
const OLD_PART = 1 / 720
/** So many transactions further on the client gets a younger cursor: the log is read from where it stands. */
const OLD_TRANSACTIONS = 10_000n

/**
 * What has changed since a cursor, or a page of the first load. 'unchanged': nothing, and the client holds what it has to, by
 * its `If-None-Match`. Its cursor stays good.
 *
 * @throws SyncProblem 400 for a cursor or an entity that is none, 410 for a cursor that is of no use any more.
 */
export async function changesSince<Principal>(
  options: SyncOptions<Principal>,
  principal: Principal,
  request: Request,
  totals: Totals,
): Promise<SyncAnswer | 'unchanged'> {
  const { pool, days = 30, spread = 30, pageSize = 1000 } = options
  const query = new URL(request.url).searchParams
  const asked = askedOf(options, principal, (query.get('entities') ?? '').split(',').filter(Boolean))
  const since = query.get('since')
  const given = since === null ? undefined : parseCursor(since)
  if (given === 'invalid') throw new SyncProblem(400, 'since is no cursor of this server.')
  return inSnapshot(pool, async (session) => {
    const state = await logState(session)
    if (state.isForeign) throw gone('generation', spread)
    if (given !== undefined) assertUsable(given, state, asked.digest, spread)
    const { generation } = state
    // The horizon is read before the first row of a first load: what changes meanwhile comes after it.
    const cursor = given ?? {
      generation,
      scope: asked.digest,
      position: { xid: state.horizon, id: 0n },
      load: { entity: asked.names[0] ?? '' },
    }
    const reading = { session, asked, pageSize }
    const read = cursor.load
      ? await loadedPage(reading, cursor, cursor.load)
      : await changedPage(reading, cursor, state)
    const { data, next, hasMore } = read
    const behind = await isBehind(session, asked.scopes)
    const isComplete = !hasMore && !behind && next.load === undefined && next.position.xid >= state.horizon
    const told = isComplete
      ? await withTotals(reading, data, state, cursor, query.get('digest') === '1' ? totals : undefined)
      : data
    if (isHeld(request, told) && !(await isToRenew(session, cursor, state, days))) return 'unchanged'
    return { since, timestamp: formatCursor(next), hasMore, behind, retention: `P${days}D`, data: told }
  })
}

/** Whether nothing has changed, and the request says that the client holds just this. */
function isHeld(request: Request, data: Page['data']): boolean {
  const held: { readonly count: number; readonly digest: number }[] = []
  for (const { added, updated, deleted, total, digest } of Object.values(data)) {
    if (total === undefined || digest === undefined || added.length + updated.length + deleted.length > 0) return false
    held.push({ count: total, digest })
  }
  const named = (name: string): string | undefined => request.headers.get(name) ?? undefined
  return evaluatePreconditions(request.method, named, { etag: heldTag(...held) }) === 'not-modified'
}

/** Whether the cursor gets so old that the client needs another, though nothing has changed. */
const isToRenew = async (session: Session, { position }: Cursor, { horizon }: LogState, days: number) =>
  horizon - position.xid > OLD_TRANSACTIONS || isOld(session, position, days * 86_400 * OLD_PART)

/**
 * @throws SyncProblem 410
 */
function assertUsable({ generation, scope, position }: Cursor, state: LogState, digest: string, spread: number): void {
  // A place that this database has not come to is of a database that was restored.
  if (generation !== state.generation || position.xid > state.horizon) throw gone('generation', spread)
  if (scope !== digest) throw gone('scope', spread)
  if (isBefore(position, state.begin)) throw gone('retention', spread)
}

interface Reading<Principal> {
  readonly session: Session
  readonly asked: Asked<Principal>
  readonly pageSize: number
}

interface Page {
  readonly data: Readonly<Record<string, EntityChanges>>
  readonly next: Cursor
  readonly hasMore: boolean
}

const NOTHING: EntityChanges = { added: [], updated: [], deleted: [] }

/** A page of the first load: the rows of one entity, and then those of the next. */
async function loadedPage<Principal>(
  reading: Reading<Principal>,
  cursor: Cursor,
  { entity, after }: NonNullable<Cursor['load']>,
): Promise<Page> {
  const { asked, session, pageSize } = reading
  const page = await rowsOf(asked, entity, session).page(after, pageSize)
  const following = asked.names[asked.names.indexOf(entity) + 1]
  const load = page.after ? { entity, after: page.after } : following === undefined ? undefined : { entity: following }
  const data = Object.fromEntries(
    asked.names.map((name) => [name, name === entity ? { ...NOTHING, added: page.rows } : NOTHING]),
  )
  const { generation, scope, position } = cursor
  return { data, next: { generation, scope, position, load }, hasMore: load !== undefined }
}

/** What has changed after the cursor, as it is now. */
async function changedPage<Principal>(
  reading: Reading<Principal>,
  { generation, scope, position }: Cursor,
  { horizon }: LogState,
): Promise<Page> {
  const { session, asked, pageSize } = reading
  const entries = await entriesAfter(session, position, asked.scopes, pageSize)
  const data: Record<string, EntityChanges> = {}
  for (const name of asked.names) {
    const firsts = new Map<string, LogEntry>()
    for (const entry of entries) if (entry.entity === name && !firsts.has(entry.rowId)) firsts.set(entry.rowId, entry)
    const rows = await rowsOf(asked, name, session).byId([...firsts.keys()])
    const of = (isAdded: boolean): ApiRow[] =>
      [...firsts.values()].flatMap(({ rowId, operation }) => {
        const row = rows.get(rowId)
        return row !== undefined && (operation === 'added') === isAdded ? [row] : []
      })
    data[name] = {
      added: of(true),
      updated: of(false),
      // Also one that was added in this page: the client may have got it before its turn, as rows are read as they are.
      deleted: [...firsts.keys()].filter((rowId) => !rows.has(rowId)),
    }
  }
  const hasMore = entries.length === pageSize
  // All below the horizon has been read: a client without news keeps a young cursor.
  const next = hasMore ? (entries.at(-1)?.position ?? position) : { xid: horizon, id: 0n }
  return { data, next: { generation, scope, position: next }, hasMore }
}

/** @param totals undefined: no digest is wanted. */
async function withTotals<Principal>(
  { asked, session }: Reading<Principal>,
  data: Page['data'],
  { generation, begin, horizon }: LogState,
  { position }: Cursor,
  totals: Totals | undefined,
): Promise<Page['data']> {
  const counted: Record<string, EntityChanges> = {}
  const isShared = totals !== undefined && !(await isRowSecurityActive(session))
  for (const [name, changes] of Object.entries(data)) {
    const rows = rowsOf(asked, name, session)
    const read = async (): Promise<Total> => {
      const versions = await rows.versions()
      return { total: versions.length, digest: collectionDigest(bucketSums(versions)) }
    }
    if (totals === undefined) counted[name] = { ...changes, total: await rows.count() }
    else if (!isShared) counted[name] = { ...changes, ...(await read()) }
    else {
      const last = await lastEntry(session, name)
      const state = [generation, begin.xid, begin.id, last?.xid, last?.id].join(' ')
      const places = { horizon, since: position.xid }
      counted[name] = { ...changes, ...(await totals.of(`${name} ${asked.digest}`, state, places, read)) }
    }
  }
  return counted
}

const isBefore = (one: LogPosition, other: LogPosition): boolean =>
  one.xid < other.xid || (one.xid === other.xid && one.id < other.id)
