import type { IdOf, ServerId } from '../../core/outbox/temporary-ids.ts'
import { type QueuedWrite, shownBy, type Shown } from './queued-write.ts'

/** A write at a URL that shows it. */
export interface Showing {
  readonly kind: Shown['kind']
  readonly write: QueuedWrite
}

/** The writes of one user, as reads ask for them. */
export interface WritesOf {
  /**
   * The writes that the reads of a URL show, in the order of their places; none for most URLs, which costs one look-up.
   *
   * @param url as it is read, normalised.
   */
  at(url: string): readonly Showing[]
  /** The server's id for a temporary one. */
  readonly idFor: IdOf
}

/**
 * The outbox in memory, by the URLs of the reads that show its writes: those that wait, and those that were acknowledged as
 * long as something older may be stored. A dead letter is not among them.
 */
export class PendingWrites {
  readonly #partitions = new Map<string, PartitionWrites>()

  /** Undefined: the user has none. */
  of(partition: string): WritesOf | undefined {
    return this.#partitions.get(partition)
  }

  /** A write is new, or has another version. */
  put(partition: string, write: QueuedWrite): void {
    this.#made(partition).put(write)
  }

  /** Reads no longer show a write. */
  remove(partition: string, place: number): void {
    const writes = this.#partitions.get(partition)
    writes?.remove(place)
    if (writes?.isEmpty === true) this.#partitions.delete(partition)
  }

  /** The server's id for a temporary one is known. */
  map(partition: string, temporaryId: string, id: ServerId): void {
    this.#made(partition).map(temporaryId, id)
  }

  /** The user is gone. */
  clear(partition: string): void {
    this.#partitions.delete(partition)
  }

  #made(partition: string): PartitionWrites {
    const writes = this.#partitions.get(partition) ?? new PartitionWrites()
    this.#partitions.set(partition, writes)
    return writes
  }
}

const NONE: readonly Showing[] = []

class PartitionWrites implements WritesOf {
  readonly #writes = new Map<number, { readonly write: QueuedWrite; readonly urls: readonly string[] }>()
  readonly #byUrl = new Map<string, Map<number, Showing>>()
  readonly #ids = new Map<string, ServerId>()
  /** The writes that name a temporary id. */
  readonly #naming = new Map<string, Set<number>>()

  readonly idFor: IdOf = (text) => this.#ids.get(text)

  get isEmpty(): boolean {
    return this.#writes.size === 0 && this.#ids.size === 0
  }

  at(url: string): readonly Showing[] {
    const mark = url.indexOf('?')
    const [found, exact] = [
      this.#byUrl.get(mark < 0 ? url : url.slice(0, mark)),
      mark < 0 ? undefined : this.#byUrl.get(url),
    ]
    if (found === undefined && exact === undefined) return NONE
    const all = [...(found?.values() ?? []), ...(exact?.values() ?? [])]
    return all.every(({ write }, at) => at === 0 || (all[at - 1]?.write.place ?? 0) < write.place)
      ? all
      : all.toSorted((one, other) => one.write.place - other.write.place)
  }

  put(write: QueuedWrite): void {
    this.remove(write.place)
    const shown = shownBy(write, this.idFor)
    this.#writes.set(write.place, { write, urls: shown.map(({ url }) => url) })
    for (const { url, kind } of shown)
      valueAt(this.#byUrl, url, () => new Map<number, Showing>()).set(write.place, { kind, write })
    for (const id of write.needs) valueAt(this.#naming, id, () => new Set<number>()).add(write.place)
  }

  remove(place: number): void {
    const found = this.#writes.get(place)
    if (found === undefined) return
    this.#writes.delete(place)
    for (const url of found.urls) forget(this.#byUrl, url, place)
    for (const id of found.write.needs) forget(this.#naming, id, place)
  }

  map(temporaryId: string, id: ServerId): void {
    this.#ids.set(temporaryId, id)
    // What names it is of other URLs now, and has another body: also one that was read before.
    const named = Array.from(this.#naming.get(temporaryId) ?? [], (place) => this.#writes.get(place))
    for (const found of named) if (found !== undefined) this.put({ ...found.write })
  }
}

function valueAt<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}

/** Removes a place, and the set or map that held it alone. */
function forget<V extends { delete(place: number): boolean; readonly size: number }>(
  from: Map<string, V>,
  key: string,
  place: number,
): void {
  const places = from.get(key)
  places?.delete(place)
  if (places?.size === 0) from.delete(key)
}
