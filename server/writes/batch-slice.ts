import type { EpochMs } from '../../sw/core/units.ts'
import { SyncProblem } from '../sync/answers.ts'
import type { Session } from '../sync/database.ts'
import { type ApiRow, EntityRows, type SyncedEntity, versionText } from '../sync/entity.ts'
import { writePosition } from '../sync/position.ts'
import { type Decision, decided } from './batch-decision.ts'
import { type BatchItem, fingerprintOf } from './batch-item.ts'
import type { BatchOptions, RowWrite, WrittenEntity } from './batch-options.ts'
import type { ItemOutcome, ItemResult } from './batch-result.ts'
import { keepResults, keptOf, lockKeys } from './kept-answer.ts'
import { forget, note, type Noted, notedOf, type RowName } from './stamps.ts'
import { codeOf, type Done, LOST } from './transaction.ts'
import type { WrittenAt } from './written-at.ts'

/** An item whose entity is known, and what its row is called at the server as far as that is known. */
export interface PlacedItem<Principal> {
  readonly item: BatchItem
  readonly id: string
  readonly rows: SyncedEntity<Principal>
  readonly written: WrittenEntity<Principal>
  /** What an earlier item of the batch has made of the row. */
  readonly own: OwnWrite | undefined
}

/** What an item of the batch has made of a row. */
export interface OwnWrite {
  /** The base that the item had. */
  readonly base: unknown
  readonly version: string | null
}

export interface SliceContext<Principal> {
  readonly principal: Principal
  readonly options: BatchOptions<Principal>
}

export interface SliceResult {
  readonly results: readonly ItemResult[]
  /** Undefined: nothing has been written. */
  readonly position: string | undefined
}

/**
 * How items of a slice that fail are told from the others. 'none': all of them fail. 'savepoints': each takes back itself alone. 'checked':
 * so does one whose deferred constraints do not hold, which PostgreSQL looks at by the end of the transaction otherwise.
 */
export type Care = 'none' | 'savepoints' | 'checked'

/** Some item has failed, and without savepoints nothing of the slice can be kept. */
export class CarefulNeeded extends Error {}

/** What has become of an item, before the rows are read as they are then. */
interface Settled {
  readonly id: string
  readonly result: ItemOutcome
  readonly problem?: Readonly<Record<string, unknown>>
  readonly stamp?: string
  readonly lost?: readonly string[]
  readonly writtenAt?: WrittenAt
  /** Of one that was done before: the version that it has made. Absent: that was not kept. */
  readonly version?: string | null
  readonly isReplay?: boolean
}

/**
 * Does some items in one transaction, each row once. The statements of the kit are as many for a hundred items as for one; those of `write`
 * come to it, and two for each where the slice is done with care.
 *
 * @throws CarefulNeeded where one fails, and `care` is 'none'.
 */
export async function performSlice<Principal>(
  client: Session,
  items: readonly PlacedItem<Principal>[],
  context: SliceContext<Principal>,
  care: Care,
): Promise<Done<SliceResult>> {
  const { principal, options } = context
  const owner = options.ownerOf(principal)
  const keys = items.map(({ item }) => item.key)
  const locked = await lockKeys(client, owner, keys)
  const kept = await keptOf(client, owner, keys)
  const entities = new Map<string, EntityRows<Principal>>()
  for (const { item, rows } of items)
    if (!entities.has(item.entity)) entities.set(item.entity, new EntityRows(rows, principal, client))
  const fresh = items.filter(({ item }) => locked.has(item.key) && !kept.has(item.key))
  await lockRows(entities, fresh)
  const found = await readRows(
    entities,
    fresh.map(({ item, id }) => ({ entity: item.entity, id })),
  )
  const timed = fresh.filter(({ written }) => written.conflict === 'last-write-wins')
  const notes =
    timed.length === 0
      ? undefined
      : await notedOf(
          client,
          timed.map(({ item, id }) => ({ entity: item.entity, id })),
        )
  const noted = new Map(timed.map((each, at) => [each, notes?.rows[at]]))

  const settled: Settled[] = []
  for (const each of items) {
    const { item, id } = each
    const replay = kept.get(item.key)
    if (!locked.has(item.key)) settled.push({ id, result: 'later', problem: RUNNING })
    else if (replay === undefined) {
      const now = notes !== undefined && noted.has(each) ? { noted: noted.get(each), now: notes.now } : undefined
      settled.push(await performed(client, each, found.get(nameOf(item.entity, id)), now, entities, context, care))
    } else if (replay.fingerprint === fingerprintOf(item)) settled.push(replayed(id, replay.answer.body))
    else settled.push({ id, result: 'refused', problem: REUSED })
  }
  return answered(client, items, settled, entities, context)
}

const nameOf = (entity: string, id: string): string => `${entity} ${id}`

/** In the order of entities and ids, so that two batches do not wait for each other. */
async function lockRows<Principal>(
  entities: ReadonlyMap<string, EntityRows<Principal>>,
  fresh: readonly PlacedItem<Principal>[],
): Promise<void> {
  for (const [name, rows] of [...entities].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    const own = fresh.filter(({ item }) => item.entity === name)
    const [first] = own
    if (first !== undefined)
      await rows.lock(
        first.written.table,
        first.written.id ?? 'id',
        own.map(({ id }) => id),
      )
  }
}

/** Rows as they are now, by `nameOf`. */
async function readRows<Principal>(
  entities: ReadonlyMap<string, EntityRows<Principal>>,
  names: readonly RowName[],
): Promise<ReadonlyMap<string, ApiRow>> {
  const found = new Map<string, ApiRow>()
  for (const [entity, rows] of entities) {
    const ids = names.filter((name) => name.entity === entity).map(({ id }) => id)
    for (const [id, row] of await rows.byId(ids)) found.set(nameOf(entity, id), row)
  }
  return found
}

/** Decides an item, and does it. */
async function performed<Principal>(
  client: Session,
  { item, id, written, own }: PlacedItem<Principal>,
  row: ApiRow | undefined,
  times: { readonly noted: Noted | undefined; readonly now: EpochMs } | undefined,
  entities: ReadonlyMap<string, EntityRows<Principal>>,
  { principal, options }: SliceContext<Principal>,
  care: Care,
): Promise<Settled> {
  const version = row && entities.get(item.entity)?.versionOf(row)
  const decision = decided(item, {
    id,
    row,
    version,
    isOwn:
      own !== undefined &&
      (own.base ?? null) === (item.baseVersion ?? null) &&
      row !== undefined &&
      own.version === versionText(version),
    times: times && { ...times, ahead: options.ahead ?? 60 },
  })
  if (decision.kind !== 'write') return { id, result: decision.kind, ...told(decision) }
  const act = async (): Promise<Settled> => {
    if (!(await written.may(principal, decision.write)))
      return { id, result: 'refused', problem: { status: 403, detail: 'The caller may not do this.' } }
    const made = await written.write(client, decision.write, principal)
    return {
      id: idAfter(decision.write, made),
      result: 'applied',
      ...told(decision),
      ...(decision.writtenAt && { writtenAt: decision.writtenAt }),
    }
  }
  return care === 'none' ? act().catch(careless) : saved(client, id, act, options, care)
}

const told = (decision: Decision): Pick<Settled, 'problem' | 'stamp' | 'lost'> => {
  if ('problem' in decision) return { problem: decision.problem }
  const { stamp, lost } = decision
  return { ...(stamp !== undefined && { stamp }), ...(lost !== undefined && { lost }) }
}

function idAfter(write: RowWrite, made: string | number | bigint | void): string {
  if (write.kind !== 'create') return write.id
  if (made === undefined) throw new Error('the write of a new row has to return its id')
  return String(made)
}

function careless(error: unknown): never {
  if (LOST.includes(codeOf(error) ?? '')) throw error
  throw new CarefulNeeded('an item has failed', { cause: error })
}

/** Does an item such that, where it fails, nothing of it is left, and the transaction goes on. */
async function saved<Principal>(
  client: Session,
  id: string,
  act: () => Promise<Settled>,
  { report = (error) => console.error('freshlayer: an item of a batch has failed', error) }: BatchOptions<Principal>,
  care: Care,
): Promise<Settled> {
  await client.query('savepoint freshlayer_item')
  try {
    const settled = await act()
    if (care === 'checked') {
      await client.query('set constraints all immediate')
      await client.query('set constraints all deferred')
    }
    await client.query('release savepoint freshlayer_item')
    return settled
  } catch (error) {
    const code = codeOf(error) ?? ''
    // The whole slice is run again, or the database is away.
    if (LOST.includes(code)) throw error
    await client.query('rollback to savepoint freshlayer_item').catch(() => Promise.reject(error))
    const problem = refusedAs(error, code)
    if (problem !== undefined) return { id, result: 'refused', problem }
    report(error)
    return { id, result: 'later', problem: { status: 500, detail: 'It has failed.' } }
  }
}

/** What a client is told of an error that will be the same the next time; undefined: it may be another. */
function refusedAs(error: unknown, code: string): Readonly<Record<string, unknown>> | undefined {
  if (error instanceof SyncProblem)
    return error.status < 500 ? { status: error.status, detail: error.message, ...error.members } : undefined
  // Values that are none, constraints that do not hold, and what a trigger of the app raises.
  if (!/^(?:22|23|P0001)/.test(code)) return undefined
  return { status: code === '23505' ? 409 : 422, detail: 'The database does not take it.', code }
}

const RUNNING = { status: 409, reason: 'running', detail: 'The same write is being done.' }
const REUSED = { status: 422, reason: 'key-reused', detail: 'The key is that of another write.' }

/** What is kept of an item. */
interface KeptResult {
  readonly result: 'applied' | 'unchanged'
  readonly id: string
  /** Of the row, as the item has left it. A later item that is based on this one must not pass over what others have written since. */
  readonly version?: string | null
  readonly stamp?: string
  readonly lost?: readonly string[]
}

function replayed(id: string, body: Uint8Array | undefined): Settled {
  const kept = JSON.parse(new TextDecoder().decode(body)) as Partial<KeptResult>
  return { ...kept, id: kept.id ?? id, result: kept.result ?? 'applied', isReplay: true }
}

/** Reads the rows as the items have left them, and keeps what has become of each. */
async function answered<Principal>(
  client: Session,
  items: readonly PlacedItem<Principal>[],
  settled: readonly Settled[],
  entities: ReadonlyMap<string, EntityRows<Principal>>,
  { principal, options }: SliceContext<Principal>,
): Promise<Done<SliceResult>> {
  const shown = items.flatMap(({ item }, at) => {
    const { id, result } = settled[at] ?? {}
    return id === undefined || result === 'refused' || result === 'later' ? [] : [{ entity: item.entity, id }]
  })
  const found = await readRows(entities, shown)
  const { rows } = await client.query('select clock_timestamp() as now')
  const lastSyncedAt = versionText(rows[0]?.['now'])
  const results: ItemResult[] = []
  const notes: (RowName & Noted)[] = []
  const gone: RowName[] = []
  const keeping: { key: string; fingerprint: string; result: KeptResult }[] = []
  for (const [at, { item, written }] of items.entries()) {
    const each = settled[at]
    if (each === undefined) continue
    const { id, result, problem, stamp, lost, writtenAt, version: made } = each
    const isShown = result !== 'refused' && result !== 'later'
    const row = isShown ? found.get(nameOf(item.entity, id)) : undefined
    const version = row && entities.get(item.entity)?.versionOf(row)
    const now = version === undefined || version === null ? null : versionText(version)
    const updatedAt = made === undefined ? now : made
    const times = { ...(stamp !== undefined && { stamp }), ...(lost !== undefined && { lost }) }
    results.push({
      key: item.key,
      entity: item.entity,
      id,
      result,
      row: row ?? null,
      updatedAt,
      isDeleted: isShown && row === undefined,
      lastSyncedAt: isShown ? lastSyncedAt : null,
      ...times,
      ...(problem !== undefined && { problem }),
    })
    if (item.isDeleted && result === 'applied' && written.conflict === 'last-write-wins')
      gone.push({ entity: item.entity, id })
    if (writtenAt !== undefined && updatedAt !== null)
      notes.push({ entity: item.entity, id, version: updatedAt, writtenAt })
    if ((result === 'applied' || result === 'unchanged') && each.isReplay !== true)
      keeping.push({
        key: item.key,
        fingerprint: fingerprintOf(item),
        result: { result, id, version: updatedAt, ...times },
      })
  }
  await note(client, notes)
  await forget(client, gone)
  await keepResults(client, options.ownerOf(principal), keeping, options.days ?? 7)
  const isWritten = settled.some(({ result }) => result === 'applied')
  const position = isWritten ? await writePosition(client) : undefined
  return { result: { results, position }, isKept: keeping.length > 0 }
}
