import { fillPlaces, type Match, type RequestLine } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { OutboxStore } from './outbox-store.ts'
import { PendingWrites, type WritesOf } from './pending-writes.ts'
import { rowIn } from './queued-answer.ts'
import type { QueuedWrite } from './queued-write.ts'
import type { DoneRecord, WriteRecord } from './write-record.ts'

interface Ports {
  readonly store: Pick<OutboxStore, 'writes' | 'done' | 'idOf' | 'bodyOf' | 'version' | 'touchedSince'>
  readonly match: (line: RequestLine) => Match | undefined
}

/** The writes of the outbox as reads show them: what its memory holds, by the URLs of reads. Dead letters are left out. */
export class ShownWrites {
  readonly #ports: Ports
  readonly #pending = new PendingWrites()
  /** What is shown by now. Records are never changed, so the same record is the same write. */
  readonly #records = new Map<number, { readonly record: WriteRecord | DoneRecord; readonly partition: string }>()
  /** The temporary ids of which no server's is known: those of each user. */
  readonly #unmapped = new Map<string, Set<string>>()
  /** Those that were added to them since the store was last asked. */
  readonly #named: (readonly [partition: string, temporary: string])[] = []
  #version = -1

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Undefined: the user has none. */
  of(partition: string): WritesOf | undefined {
    const { version } = this.#ports.store
    if (version !== this.#version) this.#sync()
    this.#version = version
    return this.#pending.of(partition)
  }

  /** Of thousands that wait a commit changes a few: no read goes through all of them for that. */
  #sync(): void {
    const { store } = this.#ports
    const touched = store.touchedSince(this.#version)
    const places = touched?.places ?? [...this.#records.keys(), ...store.writes.keys(), ...store.done.keys()]
    for (const place of places) {
      const record = store.writes.get(place) ?? store.done.get(place)
      if (record === undefined || ('state' in record && record.state.kind === 'dead')) this.#remove(place)
      else this.#put(record, 'write' in record ? record.write : record)
    }
    const named = this.#named.splice(0)
    const ids = touched === undefined ? this.#allUnmapped() : [...named, ...touched.ids]
    for (const [partition, temporary] of ids) {
      const unmapped = this.#unmapped.get(partition)
      const id = unmapped?.has(temporary) === true ? store.idOf(partition, temporary) : undefined
      if (id === undefined) continue
      this.#pending.map(partition, temporary, id)
      unmapped?.delete(temporary)
    }
  }

  #allUnmapped(): (readonly [partition: string, temporary: string])[] {
    return [...this.#unmapped].flatMap(([partition, ids]) => Array.from(ids, (id) => [partition, id] as const))
  }

  #put(record: WriteRecord | DoneRecord, write: WriteRecord): void {
    const { place, partition } = write
    if (this.#records.get(place)?.record === record) return
    const shown = this.#shown(record, write)
    if (shown === undefined) return this.#remove(place)
    this.#records.set(place, { record, partition })
    const { idFor } = this.#pending.of(partition) ?? {}
    const unmapped = this.#unmapped.get(partition) ?? new Set()
    this.#unmapped.set(partition, unmapped)
    for (const id of shown.needs) {
      if (idFor?.(id) !== undefined) continue
      unmapped.add(id)
      this.#named.push([partition, id])
    }
    this.#pending.put(partition, shown)
  }

  #remove(place: number): void {
    const found = this.#records.get(place)
    if (found === undefined) return
    this.#records.delete(place)
    this.#pending.remove(found.partition, place)
  }

  /** Undefined: the rules do not queue it any more. */
  #shown(record: WriteRecord | DoneRecord, write: WriteRecord): QueuedWrite | undefined {
    const { place, method, url, fields, target, id, mints, needs, body, size, firstSentAtMs, alike } = write
    const match = this.#ports.match(lineOf({ method, url }))
    const queue = match?.kind === 'write' ? match.rule.queue : undefined
    if (match?.kind !== 'write' || queue === undefined) return undefined
    const { params, rule } = match
    return {
      place,
      queue,
      method,
      url,
      params,
      to: { target, ...(id !== undefined && { id }) },
      type: new Map(fields).get('content-type'),
      body: body ?? (size > 0 && record === write ? () => this.#ports.store.bodyOf(write) : undefined),
      needs: [...needs, ...(mints === undefined ? [] : [mints])],
      invalidated: fillPlaces(rule.invalidates, params).urls.map((each) => new URL(each, url).href),
      ...(mints !== undefined && { mints }),
      ...(firstSentAtMs !== undefined && { firstSentAtMs }),
      ...(alike !== undefined && { known: new Set(alike) }),
      ...('write' in record && { done: acknowledgementOf(record, queue.idMember, queue.entity) }),
    }
  }
}

function acknowledgementOf(
  { atMs, answer, fields }: DoneRecord,
  idMember: string,
  entity: string | undefined,
): NonNullable<QueuedWrite['done']> {
  const position = new Map(fields).get('freshlayer-position')
  const row = answer === undefined ? undefined : rowIn(answer, idMember, entity)
  return { at: atMs, ...(position !== undefined && { position }), ...(row !== undefined && { row }) }
}
