import type { BatchOptions } from '../writes/batch-options.ts'
import { SyncProblem } from './answers.ts'
import { scopeDigest } from './cursor.ts'
import type { Session, SessionPool } from './database.ts'
import { EntityRows, type SyncedEntity } from './entity.ts'
import type { EntityScope } from './log.ts'

export interface SyncOptions<Principal> {
  /** A pool of `pg`. */
  readonly pool: SessionPool
  /** What clients may keep in step with, by the names that the change log has for it. */
  readonly entities: Readonly<Record<string, SyncedEntity<Principal>>>
  /** Who asks. Undefined: no user is signed in, and the answer is 401. */
  readonly principalOf: (request: Request) => Principal | undefined | Promise<Principal | undefined>
  /** How long the change log is kept, as `cutLog` is called with. Clients sync before it is over. Unit: days. Default: 30. */
  readonly days?: number
  /** How many changes or rows stand in an answer at most. Default: 1000. */
  readonly pageSize?: number
  /** What `POST /sync` takes. Default: it is refused with 405. */
  readonly writes?: BatchOptions<Principal>
  /** Over how long clients spread that have to compare or load anew. Unit: seconds. Default: 30. */
  readonly spread?: number
}

/** What a caller asks for, and may see of it. */
export interface Asked<Principal> {
  readonly principal: Principal
  readonly names: readonly string[]
  readonly entities: ReadonlyMap<string, SyncedEntity<Principal>>
  readonly scopes: readonly EntityScope[]
  /** Of all this. */
  readonly digest: string
}

/**
 * @throws SyncProblem 400, where an entity is none.
 */
export function askedOf<Principal>(
  { entities }: SyncOptions<Principal>,
  principal: Principal,
  names: readonly string[],
): Asked<Principal> {
  if (names.length === 0) throw new SyncProblem(400, 'Say which entities: ?entities=a,b')
  const known = new Map<string, SyncedEntity<Principal>>()
  for (const name of names) {
    const entity = Object.hasOwn(entities, name) ? entities[name] : undefined
    if (entity === undefined)
      throw new SyncProblem(400, `There is no entity ${name}.`, { entities: Object.keys(entities) })
    known.set(name, entity)
  }
  const sorted = [...known.keys()].toSorted()
  const scopes = sorted.map((entity) => ({ entity, scopes: known.get(entity)?.scopes?.(principal).toSorted() }))
  // The select's values are part of what the caller may see, and so is its text.
  const selects = sorted.map((entity) => known.get(entity)?.rows(principal))
  return { principal, names: sorted, entities: known, scopes, digest: scopeDigest([scopes, selects]) }
}

/** Where the rows of an entity that was asked for are read. */
export function rowsOf<Principal>(
  { entities, principal }: Asked<Principal>,
  name: string,
  session: Session,
): EntityRows<Principal> {
  const entity = entities.get(name)
  if (entity === undefined) throw new SyncProblem(400, `There is no entity ${name}.`)
  return new EntityRows(entity, principal, session)
}
