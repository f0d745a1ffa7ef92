import { answerJson, SyncProblem } from '../sync/answers.ts'
import type { SessionPool } from '../sync/database.ts'
import type { SyncedEntity } from '../sync/entity.ts'
import { type BatchItem, itemsOf, type UnreadItem } from './batch-item.ts'
import type { BatchOptions } from './batch-options.ts'
import { type ItemResult, withoutRow } from './batch-result.ts'
import {
  type Care,
  CarefulNeeded,
  type OwnWrite,
  performSlice,
  type PlacedItem,
  type SliceResult,
} from './batch-slice.ts'
import { codeOf, inTransaction } from './transaction.ts'
import { CODINGS, unpackedBytes } from './unpacked.ts'

/** The answer of `POST /sync`. */
export interface BatchAnswer {
  /** In the order of the request. */
  readonly items: readonly ItemResult[]
}

/**
 * Does the writes of a batch, in its order, in transactions of some items each. What one of them comes to touches no other, but for those to
 * the same row: they wait for it.
 *
 * @throws SyncProblem 400, 413, 415 for a body that cannot be taken; 503 where the database is away before anything was done.
 */
export async function writeBatch<Principal>(
  pool: SessionPool,
  entities: Readonly<Record<string, SyncedEntity<Principal>>>,
  options: BatchOptions<Principal>,
  principal: Principal,
  request: Request,
): Promise<Response> {
  const { mostBytes = 2 ** 20, mostUnpackedBytes = 2 ** 23, mostItems = 1000, slice = 100, budget = 20 } = options
  const items = itemsOf(await unpackedBytes(request, { mostBytes, mostUnpackedBytes }), mostItems)
  const batch = new Batch(entities, options)
  const endsMs = performance.now() + budget * 1000
  let position: string | undefined
  let waiting = [...items]
  while (waiting.length > 0) {
    const { placed, rest } = batch.next(waiting, slice)
    waiting = rest
    if (placed.length === 0) continue
    if (batch.isStopped || (batch.hasBegun && performance.now() > endsMs)) {
      for (const { item } of placed) batch.settle(withoutRow(item, 'later', batch.isStopped ? AWAY : LONG), item)
      continue
    }
    try {
      const done = await transact(pool, placed, { principal, options })
      position = done.position ?? position
      for (const [at, result] of done.results.entries()) batch.settle(result, placed[at]?.item)
    } catch (error) {
      // What was done before is told: the client sends the rest again.
      if (!batch.hasBegun || !(error instanceof SyncProblem)) throw error
      batch.isStopped = true
      for (const { item } of placed) batch.settle(withoutRow(item, 'later', AWAY), item)
    }
  }
  const results = items.flatMap(({ key }) => batch.results.get(key) ?? [])
  const answer: BatchAnswer = { items: results }
  const response = answerJson(answer)
  response.headers.set('accept-encoding', CODINGS['accept-encoding'])
  if (position !== undefined) response.headers.set('freshlayer-position', position)
  return response
}

const AWAY = { status: 503, reason: 'away', detail: 'The database is away.' }
const LONG = { status: 503, reason: 'budget', detail: 'The batch has taken long enough.' }
const BEHIND = { status: 409, reason: 'behind', detail: 'An earlier write to the same row has not been done.' }

/**
 * Without savepoints first: most slices have no item that fails. A deferred constraint or trigger fails when all of them are committed, with
 * whatever code: which item it is of is found out then.
 */
async function transact<Principal>(
  pool: SessionPool,
  placed: readonly PlacedItem<Principal>[],
  context: { readonly principal: Principal; readonly options: BatchOptions<Principal> },
): Promise<SliceResult> {
  const attempt = (care: Care): Promise<SliceResult> =>
    inTransaction(pool, context.options.idle ?? 60, (client) => performSlice(client, placed, context, care))
  for (const care of ['none', 'savepoints'] as const)
    try {
      return await attempt(care)
    } catch (error) {
      if (codeOf(error) !== undefined) break
      if (!(error instanceof CarefulNeeded)) throw error
    }
  return attempt('checked')
}

/** How far the items of a request have come. */
class Batch<Principal> {
  readonly results = new Map<string, ItemResult>()
  hasBegun = false
  isStopped = false
  readonly #entities: Readonly<Record<string, SyncedEntity<Principal>>>
  readonly #options: BatchOptions<Principal>
  /** The server's ids of rows that were created, by entity and the id that the client has sent. */
  readonly #ids = new Map<string, string>()
  /** What items have made of rows, by entity and the server's id. */
  readonly #own = new Map<string, OwnWrite>()
  /** The rows of which an item was not done, by entity and the id that the client has sent. */
  readonly #stopped = new Set<string>()

  constructor(entities: Readonly<Record<string, SyncedEntity<Principal>>>, options: BatchOptions<Principal>) {
    this.#entities = entities
    this.#options = options
  }

  /** The next items that can be done in one transaction: of each row one. What cannot be done at all is settled. */
  next(
    waiting: readonly (BatchItem | UnreadItem)[],
    most: number,
  ): { readonly placed: readonly PlacedItem<Principal>[]; readonly rest: (BatchItem | UnreadItem)[] } {
    const placed: PlacedItem<Principal>[] = []
    const rows = new Set<string>()
    for (const [at, item] of waiting.entries()) {
      if ('problem' in item) {
        this.settle(withoutRow(item, 'refused', { status: 400, detail: item.problem }))
        this.#stopped.add(`${item.entity} ${item.id}`)
        continue
      }
      const known = this.#knownAs(item)
      if (known === undefined) {
        this.settle(withoutRow(item, 'refused', { status: 400, detail: `There is no entity ${item.entity} to write.` }))
        continue
      }
      const sent = `${item.entity} ${item.id}`
      const id = this.#ids.get(sent) ?? item.id
      const row = `${item.entity} ${id}`
      // It is decided once it is known what became of the one before.
      if (placed.length === most || rows.has(row)) return { placed, rest: waiting.slice(at) }
      if (this.#stopped.has(row) || this.#stopped.has(sent)) {
        this.settle(withoutRow({ ...item, id }, 'later', BEHIND), item)
        continue
      }
      rows.add(row)
      placed.push({ item, id, ...known, own: this.#own.get(row) })
    }
    return { placed, rest: [] }
  }

  /** @param item that the result is of; undefined: nothing of the row is known. */
  settle(result: ItemResult, item?: BatchItem): void {
    this.results.set(result.key, result)
    if (item === undefined) return
    const { entity, id, baseVersion } = item
    if (result.result !== 'applied' && result.result !== 'unchanged') {
      this.#stopped.add(`${entity} ${id}`)
      this.#stopped.add(`${entity} ${String(result.id)}`)
      return
    }
    this.hasBegun = true
    this.#ids.set(`${entity} ${id}`, String(result.id))
    this.#own.set(`${entity} ${String(result.id)}`, { base: baseVersion, version: result.updatedAt })
  }

  #knownAs({ entity }: BatchItem): Pick<PlacedItem<Principal>, 'rows' | 'written'> | undefined {
    if (!Object.hasOwn(this.#entities, entity) || !Object.hasOwn(this.#options.entities, entity)) return undefined
    const rows = this.#entities[entity]
    const written = this.#options.entities[entity]
    return rows && written && { rows, written }
  }
}
