/** Records of an entity that the origin does not have as the device has them. */
export interface PendingRecords {
  /** New or changed. */
  readonly dirty: number
  readonly deleted: number
}

/** Counts what a local store has that is dirty, by entity. */
export type CountRecords = () => Promise<Readonly<Record<string, PendingRecords>>>

const all = new WeakMap<object, Set<CountRecords>>()

/** The local stores whose records are sent by what `connect()` has given. */
export function joinedTo(layer: object): Set<CountRecords> {
  const joined = all.get(layer) ?? new Set()
  all.set(layer, joined)
  return joined
}
