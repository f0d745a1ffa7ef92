import { cacheStatus } from '../../core/cache-status.ts'
import { hasInexactNumber } from '../../core/collections/exact.ts'
import { memberOf, withMember } from '../../core/collections/member.ts'
import { fold, type Folded, type Folding, itemPath, type Read } from '../../core/outbox/fold.ts'
import { parsedJson } from '../../core/outbox/json.ts'
import { type ListShape, listShapeOf } from '../../core/outbox/list-shape.ts'
import { RowsAlike } from '../../core/outbox/rows-alike.ts'
import type { Sent } from '../../core/outbox/witness.ts'
import type { EpochMs } from '../../core/units.ts'
import { MAX_STORED_BYTES, wholeBody } from '../../fetch/body-reader.ts'
import { now } from '../../fetch/clock.ts'
import { fieldsOf } from '../../fetch/describe.ts'
import { discard } from '../../fetch/origin.ts'
import { report } from '../report.ts'
import type { KnownList } from './collection-list.ts'
import type { PendingWrites, Showing, WritesOf } from './pending-writes.ts'
import type { rowMarks } from './row-marks.ts'
import { changeBy, idBy, isJson, jsonWithIds, type QueuedWrite, rowChangeBy } from './queued-write.ts'

/** A read whose answer is to show what its user has written. */
export interface OverlaidRead {
  /** Of the one who reads, also where the rule's answers are the same for all. */
  readonly partition: string
  /** Normalised, without the parts of the query that the rule ignores, and with the server's ids where they are known. */
  readonly url: string
  /** GET or HEAD. */
  readonly method: string
  /**
   * Whether the answer has an acknowledged write in any case. Of a response: its request began after the write's place. Of the rows of a
   * collection: their cursor has reached the write's position.
   */
  readonly hasWrite: (write: QueuedWrite) => boolean
  /** When the answer was received; undefined: right now. */
  readonly receivedAtMs: EpochMs | undefined
  /** Of the rows of a collection: its list. Absent: the answer shows where its rows are, and new ones go to one of its ends. */
  readonly list?: KnownList
}

interface Ports {
  readonly writes: Pick<PendingWrites, 'of'>
  /** Hears once of each version of a write that it cannot be shown: its function throws, or its body cannot be read back. */
  readonly failed: (partition: string, place: number) => void
  /** Says which rows are changed. Undefined: the rules want no marks. */
  readonly rowMarks?: typeof rowMarks | undefined
}

/** The field that says of an answer that writes of the outbox belong to it. */
const FIELD = 'freshlayer-outbox'

/** What no longer holds for another body. */
const OF_BODY = [
  'etag',
  'last-modified',
  'content-length',
  'content-encoding',
  'content-digest',
  'repr-digest',
  'digest',
  'content-md5',
  'accept-ranges',
]

/**
 * Folds the writes that the origin does not have yet over what is read. Stores nothing: what is stored is always the
 * origin's.
 *
 * ```
 *   look up by URL ── none ──► the answer itself
 *     │
 *   JSON? ── no ──► the answer itself, `Freshlayer-Outbox: not-shown`
 *     │
 *   fold ──► nothing differs: the answer itself
 *     └────► without validators, `Freshlayer-Outbox: shown`, or `not-shown` where something could not be
 * ```
 */
export class Overlay {
  readonly #ports: Ports
  /** The JSON of their bodies. */
  readonly #bodies = new WeakMap<QueuedWrite, unknown>()
  /** Those that cannot be shown. */
  readonly #failed = new WeakSet<QueuedWrite>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Whether writes may be folded over the answer. A request with conditions of the page's own must then be sent without them. */
  concerns({ partition, url }: Pick<OverlaidRead, 'partition' | 'url'>): boolean {
    return (this.#ports.writes.of(partition)?.at(url).length ?? 0) > 0
  }

  /** The answer of an item that the origin cannot know yet; undefined: it may. Nothing is to be sent for it. */
  alone(read: OverlaidRead): Promise<Response | undefined> | undefined {
    const found = this.#found(read)?.shown ?? []
    return found.some(({ kind, write }) => kind === 'item' && isUnknownThere(write)) ? this.standIn(read) : undefined
  }

  /** An item by its writes alone, where the origin is away and nothing is stored; undefined: they do not make one. */
  standIn(read: OverlaidRead): Promise<Response | undefined> {
    if (read.method !== 'GET') return Promise.resolve(undefined)
    return this.#overNothing(undefined, read).catch((error: unknown) => {
      report('the outbox makes no answer', error)
      return undefined
    })
  }

  /** The answer with the writes in it. Never rejects. */
  over(answer: Response, read: OverlaidRead): Response | Promise<Response> {
    if (this.#found(read) === undefined) return answer
    return this.#over(answer, read).catch((error: unknown) => {
      report('the writes of the outbox are not in an answer', error)
      return marked(answer)
    })
  }

  async #over(answer: Response, read: OverlaidRead): Promise<Response> {
    if (GONE.includes(answer.status)) return (await this.#overNothing(answer, read)) ?? answer
    if (answer.status >= 400) return answer
    if (!mayFold(answer)) return marked(answer)
    if (read.method === 'HEAD') return rebuilt(answer, null, 'shown')
    // Read from a copy: what cannot be folded over is handed on as it came.
    const base = await jsonBody(answer)
    if (base === undefined) return marked(answer)
    const found = await this.#read(read)
    if (found === undefined) return answer
    const { text, isComplete, isChanged, added, marks } = this.#folded(base, read, answer, found)
    if (!isChanged) return withMarks(isComplete ? answer : marked(answer), marks)
    return withMarks(
      text === undefined ? gone() : rebuilt(answer, text, isComplete ? 'shown' : 'not-shown', added),
      marks,
    )
  }

  /** @param answer what says that it is not there; undefined: nothing does. */
  async #overNothing(answer: Response | undefined, read: OverlaidRead): Promise<Response | undefined> {
    const found = await this.#read(read)
    if (found === undefined) return undefined
    const { text, isComplete, marks } = this.#folded(undefined, read, undefined, found)
    if (text === undefined) return isComplete && answer === undefined ? gone() : undefined
    discard(answer)
    return withMarks(
      rebuilt(undefined, read.method === 'HEAD' ? null : text, isComplete ? 'shown' : 'not-shown'),
      marks,
    )
  }

  /** The writes that the answer to a read does not have; undefined: it has all. */
  #found(read: OverlaidRead): Found | undefined {
    const writes = this.#ports.writes.of(read.partition)
    const shown = writes?.at(read.url).filter(({ write }) => write.done === undefined || !read.hasWrite(write)) ?? []
    return writes === undefined || shown.length === 0 ? undefined : { writes, shown }
  }

  /** What is read, without the writes whose functions fail. */
  #folded(
    given: Base | undefined,
    read: OverlaidRead,
    answer: Response | undefined,
    { writes, shown: found }: Found,
  ): Made {
    for (let base = given?.value; ; base = given && JSON.parse(given.text)) {
      const shape = found.some(({ kind }) => kind === 'item')
        ? undefined
        : (read.list?.shape ?? shapeOf(base, read, answer))
      const before = countOf(base, shape)
      const { value: folded, isComplete, failed } = this.#fold(base, shape, read, found, writes)
      const value = folded === base ? base : ordered(folded, shape, read.list)
      const run = found.filter(({ write }) => typeof write.queue.optimistic === 'function' && !this.#failed.has(write))
      const text = value === undefined ? undefined : textOf(value)
      const broken = text === 'invalid' ? run : run.filter(({ write }) => failed.includes(write.place))
      for (const { write } of broken) this.#fail(read.partition, write)
      // A function may have changed what it was given before it threw, so that is parsed anew.
      if (broken.length > 0) continue
      // JSON so deep that it can be read and not written.
      if (text === 'invalid')
        return { text: undefined, isComplete: false, isChanged: false, added: 0, marks: undefined }
      // A function may change what it is given, and return that.
      const isChanged = value !== base || run.length > 0
      const marks = this.#marks({ value, base, shape, found, writes, read })
      return { text, isComplete, isChanged, added: countOf(value, shape) - before, marks }
    }
  }

  #marks({ value, base, shape, found, writes, read }: FoldedRead): string | undefined {
    const { idFor } = writes
    const item = found.find(({ kind }) => kind === 'item')
    const { idMember } = (item ?? found[0])?.write.queue ?? {}
    if (idMember === undefined) return undefined
    const isList = item === undefined
    const path = item === undefined ? shape?.rows : itemPath(value ?? base, idBy(item.write, idFor), idMember)
    const receivedAtMs = read.receivedAtMs ?? now()
    return this.#ports.rowMarks?.({ value, base, path, isList, idMember, found, idFor, receivedAtMs })
  }

  /** @param shape of the list; undefined: an item is read, or something of no known shape. */
  #fold(
    base: unknown,
    shape: ListShape | undefined,
    read: OverlaidRead,
    found: readonly Showing[],
    writes: WritesOf,
  ): Folded {
    const { idFor } = writes
    const item = found.find(({ kind }) => kind === 'item')
    const idMember = (item ?? found[0])?.write.queue.idMember ?? 'id'
    const creates = found.filter(({ write }) => write.mints !== undefined)
    const isNewFirst = creates[0]?.write.queue.optimistic === 'first'
    const as: Read =
      shape === undefined
        ? { kind: 'item', id: item === undefined ? '' : idBy(item.write, idFor), idMember }
        : { kind: 'list', shape, idMember, isNewFirst }
    const same = shape === undefined ? NO_IDS : this.#inBase(memberOf(base, shape.rows), read, creates, writes)
    const kind = item === undefined ? 'list' : 'item'
    const foldings = found.map(({ kind: shown, write }): Folding => {
      const { place } = write
      const id = same.get(write.mints ?? write.to.id ?? '') ?? idBy(write, idFor)
      const change = this.#failed.has(write) ? undefined : changeBy(write, this.#bodies.get(write), idFor, read.url)
      // A change of rows where no list is known, or one of a list where an item is read.
      const isElsewhere = typeof change !== 'function' && (shown !== kind || (kind === 'list' && shape === undefined))
      return { place, id, change: isElsewhere ? undefined : change }
    })
    return fold(base, as, foldings)
  }

  /**
   * The rows of a list that are creates which were sent and not acknowledged, by the ids of those: an answer that overlaps a
   * create may bring its row. Each row stands for one of them.
   */
  #inBase(rows: unknown, read: OverlaidRead, creates: readonly Showing[], writes: WritesOf): Map<string, string> {
    const same = new Map<string, string>()
    const sent = creates.filter(({ write }) => mayHave(read, write))
    if (sent.length === 0 || !Array.isArray(rows)) return same
    // Also those that the answer has in any case: they are rows of other creates.
    const made = writes.at(read.url).filter(({ write }) => write.mints !== undefined && write.done !== undefined)
    const taken = new Set(made.map(({ write }) => idBy(write, writes.idFor)))
    const alike = new RowsAlike(rows)
    for (const { write } of sent) {
      const { known, queue, mints } = write
      const { idMember, witness } = queue
      const change = rowChangeBy(write, this.#bodies.get(write), writes.idFor)
      if (known === undefined || mints === undefined || change?.kind !== 'create') continue
      const of: Sent = { sent: change.row, compared: witness?.compared, idMember }
      // The app has chosen the id.
      if (alike.withId(mints, idMember)) continue
      const id = alike.to(of).find((each) => !known.has(each) && !taken.has(each))
      if (id === undefined) continue
      taken.add(id)
      same.set(mints, id)
    }
    return same
  }

  /** The same as `#found`, once the bodies of all of them are read. What has come meanwhile counts. */
  async #read(read: OverlaidRead): Promise<Found | undefined> {
    for (;;) {
      const found = this.#found(read)
      if (found === undefined) return undefined
      const late = found.shown.flatMap(({ write }) => this.#readBody(read, write, found.writes) ?? [])
      if (late.length === 0) return found
      await Promise.all(late)
    }
  }

  /** Undefined: it is read. */
  #readBody(read: OverlaidRead, write: QueuedWrite, { idFor }: WritesOf): Promise<void> | undefined {
    if (this.#bodies.has(write)) return undefined
    const { body, type } = write
    const keep = (bytes: ArrayBuffer | undefined): void =>
      void this.#bodies.set(write, jsonWithIds(bytes && new TextDecoder().decode(bytes), type, idFor))
    if (typeof body === 'function' && isJson(type))
      return body().then(keep, () => {
        keep(undefined)
        // The body of one that was settled meanwhile is gone with it.
        if (this.#found(read)?.shown.some((each) => each.write === write) === true) this.#fail(read.partition, write)
      })
    keep(typeof body === 'function' ? undefined : body)
    return undefined
  }

  #fail(partition: string, write: QueuedWrite): void {
    this.#failed.add(write)
    this.#ports.failed(partition, write.place)
  }
}

/** Writes to show, and the server's ids. */
interface Found {
  readonly writes: WritesOf
  readonly shown: readonly Showing[]
}

/** A read, before and after writes were folded over it. */
interface FoldedRead {
  readonly value: unknown
  readonly base: unknown
  readonly shape: ListShape | undefined
  readonly found: readonly Showing[]
  readonly writes: WritesOf
  readonly read: OverlaidRead
}

/** What is folded over. */
interface Base {
  readonly text: string
  readonly value: unknown
}

/** What is read, with the writes in it. */
interface Made {
  /** Its JSON; undefined: it is not there. */
  readonly text: string | undefined
  readonly isComplete: boolean
  readonly isChanged: boolean
  /** How many rows there are more. */
  readonly added: number
  /** The rows that are changed. Undefined: none is. */
  readonly marks: string | undefined
}

const GONE = [404, 410]

/** A value as JSON; `'invalid'` for what a function may have made that is none. */
function textOf(value: unknown): string {
  try {
    // Undefined for a function or a symbol.
    return (JSON.stringify(value) as string | undefined) ?? 'invalid'
  } catch {
    return 'invalid'
  }
}

/** Whether the origin cannot know the row of a create by its id. */
const isUnknownThere = ({ mints, needs, done, firstSentAtMs }: QueuedWrite): boolean =>
  mints !== undefined && done === undefined && (firstSentAtMs === undefined || needs.includes(mints))

const NO_IDS: ReadonlyMap<string, string> = new Map()

/** Whether an answer may have a create that was not acknowledged. A clock that was set back makes it look once too often. */
const mayHave = ({ receivedAtMs }: OverlaidRead, { firstSentAtMs, done }: QueuedWrite): boolean =>
  done === undefined && firstSentAtMs !== undefined && (receivedAtMs === undefined || receivedAtMs >= firstSentAtMs)

/** Whether an answer has a body of which something can be made. */
const mayFold = ({ status, headers, redirected }: Response): boolean =>
  status < 300 && !redirected && isJson(headers.get('content-type'))

/**
 * The JSON of an answer; undefined: it is none, is too long, or would not be the same once it is written anew. The answer can
 * still be read.
 */
async function jsonBody(answer: Response): Promise<Base | undefined> {
  try {
    const bytes = await wholeBody(answer.clone(), MAX_STORED_BYTES)
    if (!(bytes instanceof ArrayBuffer)) return undefined
    const text = new TextDecoder().decode(bytes)
    const parsed = hasInexactNumber(text) ? 'invalid' : parsedJson(text)
    return parsed === 'invalid' ? undefined : { text, ...parsed }
  } catch {
    return undefined
  }
}

function shapeOf(base: unknown, { url }: OverlaidRead, answer: Response | undefined): ListShape | undefined {
  if (answer === undefined) return undefined
  const mark = url.indexOf('?')
  const search = mark < 0 ? '' : url.slice(mark + 1)
  return listShapeOf(base, { status: answer.status, fields: fieldsOf(answer.headers), search })
}

/** A list whose rows have the order that the rules say. */
function ordered(value: unknown, shape: ListShape | undefined, list: KnownList | undefined): unknown {
  const rows = list && shape && memberOf(value, shape.rows)
  return Array.isArray(rows) ? withMember(value, shape?.rows ?? [], list?.ordered(rows)) : value
}

/** The number of rows in a list. */
function countOf(value: unknown, shape: ListShape | undefined): number {
  const rows = shape && memberOf(value, shape.rows)
  return Array.isArray(rows) ? rows.length : 0
}

/** Numbers of rows in fields: `X-Total-Count: 25`, `Content-Range: products 0-24/25`. */
function recount(headers: Headers, added: number): void {
  const plus = (count: string): string => String(Math.max(0, Number(count) + added))
  const total = headers.get('x-total-count')
  if (total !== null) headers.set('x-total-count', total.replace(/^\d+$/, plus))
  const range = headers.get('content-range')
  if (range !== null) headers.set('content-range', range.replace(/(?<=[-/])\d+/g, plus))
}

/** An answer with another body, and so without validators. */
function rebuilt(answer: Response | undefined, body: string | null, shown: 'shown' | 'not-shown', added = 0): Response {
  const headers = new Headers(answer?.headers ?? { ...OWN, 'content-type': 'application/json' })
  for (const name of OF_BODY) headers.delete(name)
  if (added !== 0) recount(headers, added)
  headers.set(FIELD, shown)
  const { status, statusText } = answer ?? { status: 200, statusText: 'OK' }
  return new Response(body, { status, statusText, headers })
}

/** The field that says which rows of an answer are changed. */
const MARKS = 'freshlayer-records'

/** An answer with a field that says which of its rows are changed. */
function withMarks(answer: Response, marks: string | undefined): Response {
  const { status, statusText, redirected, body } = answer
  // A copy would lose that it was redirected.
  if (marks === undefined || redirected) return answer
  const headers = new Headers(answer.headers)
  headers.set(MARKS, marks)
  return new Response(body, { status, statusText, headers })
}

/** How an answer came about that nothing but the outbox has made. */
const OWN = { 'cache-status': cacheStatus({ hit: true, detail: 'outbox' }, undefined) }

/** What the user has deleted is not there. */
function gone(): Response {
  const [status, title] = [404, 'Not Found']
  const headers = { ...OWN, 'content-type': 'application/problem+json', [FIELD]: 'shown' }
  const detail = 'Deleted here. The origin does not know it yet.'
  return new Response(JSON.stringify({ title, status, detail }), { status, statusText: title, headers })
}

/** An answer that does not show what it should, as it came but for a field that says so. */
function marked(answer: Response): Response {
  const { status, statusText, redirected, body } = answer
  // A copy would lose what they are. What the browser hides has the status 0.
  if (redirected || status < 200 || status > 599) return answer
  const headers = new Headers(answer.headers)
  headers.set(FIELD, 'not-shown')
  return new Response(body, { status, statusText, headers })
}
