import type { QueueRule } from '../../../config/language/index.ts'
import { EVERYONE } from '../../core/key.ts'
import type { Row } from '../../core/row.ts'
import { epochMs } from '../../core/units.ts'
import { timeout } from '../../fetch/clock.ts'
import { bodyOf } from '../store/bodies.ts'
import type { Rows } from '../store/rows.ts'
import type { Asked, Circumstances } from './accept.ts'
import { alikeAmong, wholeRows } from './alike-in.ts'
import type { Attempts } from './attempts.ts'
import { rowIn } from './queued-answer.ts'
import { isJson } from './queued-write.ts'
import { MOST_INLINE } from './write-record.ts'

interface Ports {
  readonly rows: Pick<Rows, 'rowsOf'>
  readonly attempts: Pick<Attempts, 'subjectOf'>
}

/** What is stored of the row is looked up for so long. Milliseconds. */
const SHOWN_LIMIT_MS = 500

/** The rows of a stored list stay in memory for so long: what it had before is what it had a moment before. Milliseconds. */
const LIST_KEPT_MS = 1000

/** Looks up what is stored of a write's row and list when the write is accepted: later that is another. */
export class StoredBefore {
  readonly #ports: Ports
  /** The stored lists of creates of this moment. */
  readonly #lists = new Map<string, Promise<readonly unknown[] | undefined>>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** The stored response of the row that a write changes. */
  async shown({ target, url, partition, mints }: Asked): Promise<Row | undefined> {
    if (target !== 'row' || mints !== undefined) return undefined
    return this.#newest(url.replace(/\?.*$/s, ''), partition)
  }

  /** What a stored row says of its version: a batch has no tags. */
  async versionOf(shown: Row, { idMember, entity, versionMember }: QueueRule): Promise<unknown> {
    if (shown.status !== 200 || shown.size > MOST_INLINE) return undefined
    const text = await new Response(bodyOf(shown)).text().catch(() => '')
    return rowIn(text, idMember, entity)?.[versionMember]
  }

  /** The rows that the stored list of a create has already and that may be taken for it. */
  async alike(asked: Asked): Promise<readonly string[] | undefined> {
    const { method, url, partition, fields, body, queue } = asked
    const size = body?.byteLength ?? 0
    const type = new Map(fields).get('content-type')
    if (method !== 'POST' || size === 0 || !isJson(type)) return undefined
    const list = this.#ports.attempts.subjectOf({ ...asked, size })?.url ?? url.replace(/\?.*$/s, '')
    const { idMember, entity, witness } = queue
    const found = this.#rowsOfList(list, partition).then(
      (rows) => rows && alikeAmong(rows, { body, type, idMember, compared: witness?.compared, entity }),
    )
    return timeout(SHOWN_LIMIT_MS, found, undefined)
  }

  /** The rows of a stored list, if it is whole. Of many creates at once the first reads it. */
  #rowsOfList(list: string, partition: string): Promise<readonly unknown[] | undefined> {
    const key = `${partition} ${list}`
    const known = this.#lists.get(key)
    if (known !== undefined) return known
    const rows = this.#newest(list, partition).then((stored) => stored && wholeRows(stored))
    this.#lists.set(key, rows)
    setTimeout(() => this.#lists.delete(key), LIST_KEPT_MS)
    return rows
  }

  /** The stored row that a write changes, where what becomes of the write may depend on it. */
  async seen(asked: Asked, shown: Row | undefined): Promise<Circumstances['seen']> {
    const { queue, target, mints, body } = asked
    const { conflict, idempotency, idMember, entity } = queue
    const isCompared = typeof conflict === 'function' || conflict === 'last-write-wins'
    if (target !== 'row' || mints !== undefined || body === undefined) return undefined
    const size = body.byteLength
    if (!isCompared && (idempotency !== undefined || this.#ports.attempts.subjectOf({ ...asked, size }) === undefined))
      return undefined
    const requestedAtMs = shown?.requestedAtMs ?? epochMs(0)
    if (shown === undefined || shown.status !== 200 || shown.size > MOST_INLINE)
      return { row: undefined, requestedAtMs }
    const text = await new Response(bodyOf(shown)).text().catch(() => '')
    return { row: rowIn(text, idMember, entity), requestedAtMs }
  }

  async #newest(url: string, partition: string): Promise<Row | undefined> {
    const found = this.#ports.rows.rowsOf(url, [partition, EVERYONE]).catch(() => [])
    const rows = await timeout(SHOWN_LIMIT_MS, found, [])
    return rows.toSorted((one, other) => other.requestedAtMs - one.requestedAtMs)[0]
  }
}
