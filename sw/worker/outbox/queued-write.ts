import type { QueueRule } from '../../../config/language/index.ts'
import type { WrittenTo } from '../../../config/language/queue-place.ts'
import { type Concerned, concernedBy } from '../../core/outbox/concerned.ts'
import { jsonIn, type JsonObject } from '../../core/outbox/json.ts'
import { changeOf, type RowChange } from '../../core/outbox/row-change.ts'
import { bodyWithIds, type IdOf, urlWithIds } from '../../core/outbox/temporary-ids.ts'
import { normaliseEncoding } from '../../core/percent-encoding.ts'
import { decoded } from '../../core/search.ts'
import type { EpochMs } from '../../core/units.ts'

/** A write of the outbox, as far as reads show it. Immutable: another version replaces it. */
export interface QueuedWrite {
  /** When it was accepted, among all writes. Never another. */
  readonly place: number
  readonly queue: QueueRule
  readonly method: string
  /** Absolute, as it was accepted: temporary ids are in it. */
  readonly url: string
  /** As in `WriteMatch.params`. */
  readonly params: Readonly<Record<string, string>>
  /** What its URL is of. */
  readonly to: WrittenTo
  /** Its `Content-Type`. */
  readonly type: string | undefined
  /** Undefined: it has none. One that lies elsewhere is read when it is needed. */
  readonly body: ArrayBuffer | (() => Promise<ArrayBuffer | undefined>) | undefined
  /** The id of what it creates: temporary, or the one that the app has chosen. Absent: it creates nothing. */
  readonly mints?: string
  /** The temporary ids that its URL or its body names, its own among them. */
  readonly needs: readonly string[]
  /** The absolute URLs that its rule invalidates, filled in. Tags and patterns are not among them. */
  readonly invalidated: readonly string[]
  /** When it was sent first. Absent: never. */
  readonly firstSentAtMs?: EpochMs
  /**
   * The ids that its list had before it was sent first: of all rows, or of those that `alikeBefore` gives. It may have those of own
   * creates that were acknowledged since. Absent: not known.
   */
  readonly known?: ReadonlySet<string>
  /** Absent: the origin has not acknowledged it. */
  readonly done?: Acknowledgement
}

/** What is known of an acknowledged write. */
interface Acknowledgement {
  /** When, in the order by which reads know whether they have it: see `OverlaidRead.hasWrite`. */
  readonly at: number
  /** Its `Freshlayer-Position`. Absent: the backend does not say it. */
  readonly position?: string
  /** The row as the origin's answer gives it. Absent: the answer does not, or the row is gone. */
  readonly row?: JsonObject
}

/** A read that shows a write. */
export interface Shown {
  /** Normalised; without a query, unless only this query is meant. */
  readonly url: string
  /** `whole`: by the rule's own function, and by nothing else. */
  readonly kind: 'list' | 'item' | 'whole'
}

/** The reads that show a write, each once. */
export function shownBy({ url, to, mints, queue, invalidated }: QueuedWrite, idFor: IdOf): Shown[] {
  if (queue.optimistic === false) return []
  const id = mints ?? to.id ?? ''
  const concerned: Concerned | undefined = concernedBy(urlWithIds(url, idFor), to.target, idFor(id)?.id ?? id)
  const usual: Shown[] = concerned === undefined ? [] : [{ url: concerned.list, kind: 'list' }]
  // Where a list is written to as a whole, there is no item below it.
  if (concerned !== undefined && id !== '') usual.push({ url: concerned.item, kind: 'item' })
  if (typeof queue.optimistic !== 'function') return usual
  const named = invalidated.map((each) => normaliseEncoding(urlWithIds(each, idFor).replace(/#.*$/s, '')))
  const others = [...new Set(named)].filter((each) => usual.every((one) => one.url !== each))
  return [...usual, ...others.map((each): Shown => ({ url: each, kind: 'whole' }))]
}

/** The id of the row that a write changes, as the server calls it by now. Empty: it has none. */
export function idBy({ mints, to }: QueuedWrite, idFor: IdOf): string {
  const id = mints ?? to.id ?? ''
  return idFor(id)?.id ?? id
}

/** The JSON of a write's body with the server's ids in it; undefined: it has none, or is of another kind. */
export const jsonWithIds = (text: string | undefined, type: string | undefined, idFor: IdOf): unknown =>
  text === undefined || !isJson(type) ? undefined : jsonIn(bodyWithIds(text, type, idFor))

/** Whether a `Content-Type` is one of JSON. */
export const isJson = (type: string | null | undefined): boolean =>
  /^application\/(?:[\w.+-]*\+)?json\b/i.test(type ?? '')

/**
 * What a write does to what is read: a change of its row, or the rule's own function. Undefined: it is not known.
 *
 * @param json its body, as of `jsonWithIds`.
 * @param read the URL that is read.
 */
export function changeBy(
  write: QueuedWrite,
  json: unknown,
  idFor: IdOf,
  read: string,
): RowChange | ((cached: unknown) => unknown) | undefined {
  const { queue, method } = write
  const { optimistic } = queue
  if (typeof optimistic !== 'function') return rowChangeBy(write, json, idFor)
  const params = Object.fromEntries(Object.entries(write.params).map(([name, value]) => [name, decoded(value)]))
  const given = { method, url: urlWithIds(write.url, idFor), params, body: json }
  return (cached) => {
    const made = optimistic(cached, given, { url: read })
    if (made instanceof Promise) throw new TypeError('a promise is nothing that can be read')
    return made
  }
}

/** What a write does to its row. What the origin has answered says it best. */
export function rowChangeBy(write: QueuedWrite, json: unknown, idFor: IdOf): RowChange | undefined {
  const { queue, method, type, to, done, mints } = write
  const { idMember, entity } = queue
  if (done?.row !== undefined && method !== 'DELETE')
    return { kind: mints === undefined ? 'replace' : 'create', row: done.row }
  const change = changeOf({ method, type, body: json, id: idBy(write, idFor), idMember, target: to.target, entity })
  const id = change?.kind === 'create' && change.row[idMember] === idBy(write, idFor) ? idFor(mints ?? '') : undefined
  // As the origin writes it: a number, where it is one.
  return change?.kind === 'create' && id !== undefined
    ? { ...change, row: { ...change.row, [idMember]: JSON.parse(id.json) as unknown } }
    : change
}
