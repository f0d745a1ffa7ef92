import { epochMs } from '../units.ts'
import { nextTry, RETRY } from './backoff.ts'
import { type Base, followUps, preconditionOf } from './base.ts'
import { resolved } from './conflict.ts'
import { fold, type Folding } from './fold.ts'
import {
  isLeasedTo,
  laneOf,
  LEASE_MS,
  maySend,
  type Queued,
  REQUEST_LIMIT_MS,
  turnsOf,
  type WriteState,
} from './lanes.ts'
import { listShapeOf } from './list-shape.ts'
import { afterUnknown, type Given, type Outcome, outcomeOf, type Unknown } from './outcome.ts'
import { changeOf, type RowChange } from './row-change.ts'
import { bodyWithIds, idsIn, type ServerId, serverIdOf, urlWithIds } from './temporary-ids.ts'
import { type Witnessed, witnessed } from './witness.ts'

/** What a build of the worker does. A broken one leaves something out. */
export interface Build {
  /** It notes that it sends a write before it does. */
  readonly hasLease: boolean
  /** A write has the same key at every attempt. */
  readonly keepsKey: boolean
  /** A write is deleted once its answer is known, and not before. */
  readonly deletesLate: boolean
  /** Later writes of a lane inherit the answered validator. */
  readonly inherits: boolean
  /** It sends nothing once the lease is too short for a request. See `maySend`. */
  readonly startsInTime: boolean
  /** It looks at the record before it settles an attempt. See `isLeasedTo`. */
  readonly looksAgain: boolean
  /** It folds an acknowledged write over a list from before, until there is another one. */
  readonly foldsAcknowledged: boolean
  /** It looks in the list for a create that was sent. */
  readonly looksInList: boolean
}

export const WHOLE: Build = {
  hasLease: true,
  keepsKey: true,
  deletesLate: true,
  inherits: true,
  startsInTime: true,
  looksAgain: true,
  foldsAcknowledged: true,
  looksInList: true,
}

/** What has become of a user's writes, once all is well again and nothing more happens. */
export interface Report {
  readonly accepted: readonly number[]
  /** The writes that the backend has performed, in order: by what they are, and the row. */
  readonly performed: readonly { readonly write: number; readonly row: string }[]
  /** Writes that are still queued, and why. */
  readonly left: readonly { readonly write: number; readonly state: WriteState }[]
  /** What the page has shown that is not what the user has written. */
  readonly wrongViews: readonly string[]
  /** What happened, for a message. */
  readonly events: readonly string[]
}

interface Stored extends Queued {
  /** Which of the user's writes it is. */
  readonly write: number
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly body: string | undefined
  readonly key: string
  readonly base: Base
  readonly attempts: number
  readonly lastSentMs: number
  readonly wasUnsure: boolean
  /** The rows that the list had before the first attempt. */
  readonly known: ReadonlySet<string>
}

interface Row {
  readonly id: number
  readonly name: string
  readonly version: number
}

interface Answer {
  readonly status: number
  readonly row?: Row
}

/** A request that is on its way. */
interface Flight {
  readonly write: Stored
  readonly key: string
  readonly url: string
  readonly body: string | undefined
  readonly sentMs: number
  given?: Given & { readonly row?: Row | undefined }
}

const LIST = 'https://a.example/p'
const JSON_TYPE = 'application/json'
/** No request is under way for longer at the backend. */
const LONGEST_MS = 20_000
const SETTLED_MS = 30_000
const MOST_WRITES = 12

/**
 * A user at a device, a worker that may be stopped between any two steps, a network that loses requests and answers, and a
 * backend: played by the rules of the core, in an order that the dice decide.
 *
 * @param hasKeys the backend honours keys. Otherwise a witness decides about creates, and `If-Match` about the rest.
 */
export function play(dice: (sides: number) => number, hasKeys: boolean, build: Build): Report {
  const world = new World(dice, hasKeys, build)
  for (let turn = 0; turn < 400; turn++) world.step()
  world.heal()
  return world.report()
}

class World {
  readonly #dice: (sides: number) => number
  readonly #hasKeys: boolean
  readonly #build: Build
  #now = 1_800_000_000_000
  /** Steps so far. */
  #at = 0
  #isHealed = false
  readonly #events: string[] = []

  // What is on disk.
  readonly #writes = new Map<number, Stored>()
  readonly #ids = new Map<string, ServerId>()
  /** The rows that a new write knows of: those of the stored list, and those that own writes have made since. */
  #list = new Set<string>()
  /** The stored list, and when it was asked for. */
  #base: { readonly rows: readonly Row[]; readonly at: number } = { rows: [], at: 0 }
  /** What was acknowledged, and when. */
  readonly #done: { readonly at: number; readonly folding: Folding }[] = []
  #places = 0

  // What the worker has in memory.
  #worker = 1
  #tasks: Generator<undefined, void, undefined>[] = []
  readonly #sending = new Set<number>()

  // The user's.
  readonly #accepted: number[] = []
  readonly #rows: { id: string; base: Base; readonly key: string }[] = []
  /** The name of each row as the user has written it, by the row's first id. */
  readonly #wanted = new Map<string, string>()
  readonly #wrongViews: string[] = []

  // The network's and the backend's.
  readonly #flights: Flight[] = []
  readonly #table = new Map<string, Row>()
  readonly #answers = new Map<string, Answer>()
  readonly #performed: { write: number; row: string }[] = []
  #nextId = 1

  constructor(dice: (sides: number) => number, hasKeys: boolean, build: Build) {
    this.#dice = dice
    this.#hasKeys = hasKeys
    this.#build = build
  }

  step(): void {
    const die = this.#dice(20)
    if (die < 3) this.#accept()
    else if (die < 10) this.#work()
    else if (die < 16) this.#deliver()
    else if (die < 18) this.#now += 1000 + this.#dice(10_000)
    else if (die === 18) this.#stop()
    else {
      this.#list = new Set(this.#table.keys())
      this.#base = { rows: [...this.#table.values()], at: this.#at }
    }
    this.#at++
    this.#look()
  }

  /** What the page shows at this moment is what the user has written, whatever the origin has of it. */
  #look(): void {
    const { looksInList, foldsAcknowledged } = this.#build
    const { rows, at } = this.#base
    const shape = listShapeOf(rows, { status: 200, fields: new Map(), search: '' })
    if (shape === undefined) throw new Error('the list of this model is bare')
    const queued = [...this.#writes.values()].filter(({ state }) => state.kind !== 'dead')
    // A create that was sent may be in the list before it is acknowledged.
    const found = new Map(
      queued.flatMap((write) => {
        const isSent = looksInList && write.attempts > 0 && write.mints !== undefined
        const seen = isSent ? this.#witnessed(write, rows) : undefined
        return seen?.kind === 'found' ? [[write.mints, String(seen.row['id'])] as const] : []
      }),
    )
    const pending = queued.map((write): Folding => {
      const own = write.mints ?? write.url.slice(LIST.length + 1)
      return { place: write.place, id: found.get(own) ?? this.#ids.get(own)?.id ?? own, change: changeOfWrite(write) }
    })
    const acknowledged = this.#done.filter((each) => foldsAcknowledged && each.at >= at).map(({ folding }) => folding)
    const writes = [...acknowledged, ...pending].toSorted((one, other) => one.place - other.place)
    const { value } = fold(rows, { kind: 'list', shape, idMember: 'id', isNewFirst: false }, writes)
    const names = (value as Row[]).map(({ name }) => name).toSorted()
    const wanted = [...this.#wanted.values()].toSorted()
    if (JSON.stringify(names) === JSON.stringify(wanted)) return
    this.#wrongViews.push(`${names.join(' ')} in place of ${wanted.join(' ')}`)
    this.#events.push(`shown: ${names.join(' ')} in place of ${wanted.join(' ')}`)
  }

  /** From now on nothing fails, and everything has time. */
  heal(): void {
    this.#isHealed = true
    for (let turn = 0; turn < 2000; turn++) {
      this.#work()
      this.#deliver()
      this.#now += 500
    }
  }

  report(): Report {
    const left = [...this.#writes.values()].map(({ write, state }) => ({ write, state }))
    const [accepted, performed, wrongViews, events] = [this.#accepted, this.#performed, this.#wrongViews, this.#events]
    return { accepted, performed, left, wrongViews, events }
  }

  /** The user writes, and the page hears that it is accepted. */
  #accept(): void {
    if (this.#accepted.length === MOST_WRITES) return
    const write = this.#accepted.length
    const place = this.#places++
    const at = this.#dice(this.#rows.length + 2)
    const row = this.#rows[at]
    const isDeletion = row !== undefined && this.#dice(4) === 0
    const id = row?.id ?? `tmp-${write}`
    const isCreate = row === undefined
    const base: Base = row?.base ?? { kind: 'none' }
    const body = isDeletion ? undefined : JSON.stringify({ name: `${write}` })
    const url = isCreate ? LIST : `${LIST}/${id}`
    const lane = laneOf({ entity: 'p', id, path: '', isWitnessed: isCreate && !this.#hasKeys })
    const isTemporary = (text: string): boolean => text.startsWith('tmp-')
    if (isCreate) this.#rows.push({ id, base, key: id })
    if (isDeletion) this.#rows.splice(at, 1)
    if (isDeletion) this.#wanted.delete(row.key)
    else this.#wanted.set(row?.key ?? id, `${write}`)
    this.#accepted.push(write)
    this.#writes.set(place, {
      write,
      place,
      lane,
      url,
      body,
      base,
      partition: 'user/ada',
      known: new Set(),
      method: isCreate ? 'POST' : isDeletion ? 'DELETE' : 'PUT',
      state: { kind: 'waiting', atMs: epochMs(this.#now), isOnSign: false },
      needs: idsIn({ url, body, type: JSON_TYPE }, isTemporary),
      ...(isCreate && { mints: id }),
      key: `key-${write}`,
      attempts: 0,
      lastSentMs: 0,
      wasUnsure: false,
    })
    this.#events.push(`accept ${write}: ${isCreate ? 'create' : isDeletion ? 'delete' : 'change'} ${id}`)
  }

  /** The browser stops the worker. What is on its way is not stopped. */
  #stop(): void {
    this.#worker++
    this.#tasks = []
    this.#sending.clear()
    this.#events.push('stop')
  }

  /** The worker takes one step of what it does, or begins with more. */
  #work(): void {
    const task = this.#tasks[this.#dice(this.#tasks.length + 1)]
    if (task !== undefined) {
      if (task.next().done === true) this.#tasks = this.#tasks.filter((each) => each !== task)
      return
    }
    const writes = [...this.#writes.values()].filter(({ place }) => !this.#sending.has(place))
    const { send, witness, over } = turnsOf(writes, {
      partition: 'user/ada',
      now: epochMs(this.#now),
      limits: RETRY,
      most: 3,
      isPaused: false,
      hasSign: true,
      isGone: (worker) => worker !== `${this.#worker}`,
      isMapped: (id) => this.#ids.has(id),
    })
    for (const write of over) this.#again(write, this.#unknownOf(write), 0, true)
    const [first] = send
    const [asked] = witness
    if (over.length === 0 && first !== undefined && !this.#isLaneBusy(first)) this.#begin(this.#send(first))
    else if (over.length === 0 && asked !== undefined) this.#witness(asked)
  }

  /** To choose a write and to lease it is one step. */
  #begin(task: Generator<undefined, void, undefined>): void {
    if (task.next().done !== true) this.#tasks.push(task)
  }

  /** Only a build without leases has to look: elsewhere a lease says it. */
  #isLaneBusy({ lane }: Stored): boolean {
    return [...this.#sending].some((place) => this.#writes.get(place)?.lane === lane)
  }

  *#send(chosen: Stored): Generator<undefined, void, undefined> {
    const { hasLease, keepsKey, deletesLate, startsInTime } = this.#build
    const { place } = chosen
    const worker = `${this.#worker}`
    const untilMs = epochMs(this.#now + LEASE_MS)
    const write: Stored = {
      ...chosen,
      attempts: chosen.attempts + 1,
      lastSentMs: this.#now,
      known: chosen.attempts === 0 ? new Set(this.#list) : chosen.known,
      state: hasLease ? { kind: 'leased', worker, untilMs } : chosen.state,
    }
    this.#sending.add(place)
    if (deletesLate) this.#writes.set(place, hasLease ? write : chosen)
    else this.#writes.delete(place)
    // What is leased is no more to be hidden from the choice of turns.
    if (hasLease) this.#sending.delete(place)
    yield
    if (startsInTime && !maySend({ untilMs }, epochMs(this.#now))) {
      if (this.#isNews(write, 'retry')) this.#again(write, 'resend', 0, write.wasUnsure)
      this.#sending.delete(place)
      return
    }
    const idFor = (text: string): ServerId | undefined => this.#ids.get(text)
    const url = urlWithIds(write.url, idFor)
    const body = write.body && bodyWithIds(write.body, JSON_TYPE, idFor)
    const key = keepsKey ? write.key : `${write.key}-${write.attempts}`
    const flight: Flight = { write, key, url, body, sentMs: this.#now }
    this.#flights.push(flight)
    while (flight.given === undefined && this.#now - flight.sentMs < REQUEST_LIMIT_MS) yield
    const given = flight.given ?? { kind: 'failure' }
    yield
    this.#settle(write, given)
    this.#sending.delete(place)
  }

  #unknownOf({ method, base }: Stored): Unknown {
    const hasPrecondition = preconditionOf(base) !== undefined
    return afterUnknown(
      { method, type: JSON_TYPE },
      { hasKey: this.#hasKeys, hasPrecondition, canWitness: method === 'POST' },
    )
  }

  /** Whether an answer of an attempt is news: the transaction that settles it looks at the record as it is by then. */
  #isNews(write: Stored, kind: Outcome['kind']): boolean {
    const { hasLease, deletesLate, looksAgain } = this.#build
    if (!hasLease || !deletesLate || !looksAgain) return true
    const record = this.#writes.get(write.place)
    const isOurs = record !== undefined && write.state.kind === 'leased' && isLeasedTo(record.state, write.state)
    return isOurs || (record !== undefined && kind === 'acknowledge')
  }

  /** One transaction: what the answer means to the write. */
  #settle(write: Stored, given: Given & { readonly row?: Row | undefined }): void {
    const unknown = this.#unknownOf(write)
    const sent = { method: write.method, accept: JSON_TYPE, hasKey: this.#hasKeys, unknown, wasUnsure: write.wasUnsure }
    const outcome = outcomeOf(given, sent, epochMs(this.#now))
    this.#events.push(`settle ${write.write}: ${outcome.kind}`)
    if (!this.#isNews(write, outcome.kind)) return
    switch (outcome.kind) {
      case 'acknowledge':
        return this.#acknowledge(write, given.row)
      case 'retry':
      case 'witness':
      case 'ask':
        return this.#again(
          write,
          outcome.kind === 'retry' ? 'resend' : outcome.kind,
          outcome.floorMs,
          outcome.kind !== 'retry' || outcome.isUnsure,
        )
      case 'conflict':
        return this.#conflict(write, given.row)
      case 'pause':
      case 'dead-letter':
        return void this.#writes.set(write.place, { ...write, state: { kind: 'dead', why: outcome.kind } })
    }
  }

  #again(write: Stored, how: Unknown, floorMs: number, isUnsure: boolean): void {
    const tried = { attempts: Math.max(1, write.attempts), acceptedAtMs: epochMs(this.#now), floorMs, isAway: true }
    const next = nextTry(tried, RETRY, epochMs(this.#now), this.#dice(100) / 100)
    const atMs = next.kind === 'too-old' ? epochMs(this.#now) : next.atMs
    const wait = { atMs, isOnSign: next.kind === 'on-sign' }
    const state: WriteState =
      how === 'ask' ? { kind: 'asking', why: 'outcome' } : { kind: how === 'resend' ? 'waiting' : 'unsure', ...wait }
    this.#writes.set(write.place, { ...write, state, wasUnsure: isUnsure })
  }

  #acknowledge(write: Stored, row: Row | undefined): void {
    const { inherits } = this.#build
    const answered: Base = row === undefined ? { kind: 'none' } : { kind: 'etag', tag: `"${row.version}"` }
    const id = write.mints === undefined ? undefined : serverIdOf({ body: row, location: undefined }, 'id', 'p')
    const before = `entity p\n${write.mints ?? write.lane.split('\n')[1] ?? ''}`
    const after = id === undefined ? before : `entity p\n${id.id}`
    const done = { ...write, answered: inherits ? answered : write.base, lane: { before, after } }
    for (const each of followUps(this.#writes.values(), done)) this.#writes.set(each.place, each)
    if (write.mints !== undefined && id !== undefined) {
      this.#ids.set(write.mints, id)
      this.#list.add(id.id)
      const shown = this.#rows.find((each) => each.id === write.mints)
      if (shown !== undefined) Object.assign(shown, { id: id.id, base: answered })
    } else {
      // The page reads the row anew, once no write of its own is over it.
      const shown = this.#rows.find((each) => before.endsWith(`\n${each.id}`))
      if (shown !== undefined && row !== undefined) shown.base = answered
    }
    this.#writes.delete(write.place)
    const own = write.url.slice(LIST.length + 1)
    const change: RowChange =
      row === undefined ? { kind: 'delete' } : { kind: write.method === 'POST' ? 'create' : 'replace', row: { ...row } }
    const folding = { place: write.place, id: id?.id ?? this.#ids.get(own)?.id ?? own, change }
    this.#done.push({ at: this.#at, folding })
  }

  #conflict(write: Stored, theirs: Row | undefined): void {
    const change = changeOfWrite(write)
    const at = { ms: this.#now, count: 0, node: 'a' }
    const conflict = {
      change,
      isPartial: false,
      base: undefined,
      theirs: theirs && { ...theirs },
      mineAt: at,
      theirsAt: undefined,
    }
    if (resolved('ask', conflict).kind === 'acknowledge') this.#acknowledge(write, theirs)
    else this.#writes.set(write.place, { ...write, state: { kind: 'asking', why: 'conflict' } })
  }

  #witnessed(write: Stored, rows: readonly Row[]): Witnessed {
    return witnessed({
      sent: JSON.parse(write.body ?? '{}') as Record<string, unknown>,
      compared: undefined,
      idMember: 'id',
      known: write.known,
      isKnownWhole: true,
      rows,
      isWhole: true,
      isSettled: this.#now - write.lastSentMs >= SETTLED_MS,
    })
  }

  #witness(write: Stored): void {
    const found = this.#witnessed(write, [...this.#table.values()])
    this.#events.push(`witness ${write.write}: ${found.kind}`)
    if (found.kind === 'found')
      this.#acknowledge(
        write,
        [...this.#table.values()].find(({ id }) => id === found.row['id']),
      )
    else if (found.kind === 'absent')
      this.#again({ ...write, known: new Set([...write.known, ...this.#table.keys()]) }, 'resend', 0, false)
    else if (found.kind === 'wait') this.#again(write, 'witness', 1000, true)
    else this.#writes.set(write.place, { ...write, state: { kind: 'asking', why: found.why } })
  }

  /** Something becomes of a request that is on its way. */
  #deliver(): void {
    const flight = this.#flights[this.#dice(this.#flights.length)]
    if (flight === undefined) return
    this.#flights.splice(this.#flights.indexOf(flight), 1)
    const fate = this.#isHealed ? 0 : this.#dice(12)
    const respond = (status: number, fields: [string, string][] = [], isRedirected = false, row?: Row): void => {
      flight.given = { kind: 'response', status, fields: new Map(fields), isRedirected, row }
    }
    // An attempt that was on its way for too long comes to nothing.
    if (this.#now - flight.sentMs > LONGEST_MS || fate === 8) return void (flight.given = { kind: 'failure' })
    if (fate === 9) return respond(429, [['retry-after', '1']])
    if (fate === 10) return respond(200, [['content-type', 'text/html']])
    if (fate === 11) return respond(503)
    const answer = this.#perform(flight)
    // The backend has done it, and its answer is lost, or is made an error of on its way.
    if (fate === 6) flight.given = { kind: 'failure' }
    else if (fate === 7) respond(500)
    else respond(answer.status, [], false, answer.row)
  }

  /** The backend: PUT and DELETE with `If-Match`, and stored answers by key. */
  #perform({ write, key, url, body }: Flight): Answer {
    const known = this.#hasKeys ? this.#answers.get(key) : undefined
    if (known !== undefined) return known
    const answer = this.#change(write, url, body)
    this.#answers.set(key, answer)
    return answer
  }

  #change(write: Stored, url: string, body: string | undefined): Answer {
    const id = write.method === 'POST' ? `${this.#nextId++}` : url.slice(LIST.length + 1)
    const row = this.#table.get(id)
    if (write.method !== 'POST' && row === undefined) return { status: 404 }
    const condition = preconditionOf(write.base)?.[1]
    if (row !== undefined && condition !== undefined && condition !== `"${row.version}"`) return { status: 412, row }
    this.#performed.push({ write: write.write, row: id })
    this.#events.push(`perform ${write.write} on ${id}`)
    if (write.method === 'DELETE') {
      this.#table.delete(id)
      return { status: 204 }
    }
    const { name } = JSON.parse(body ?? '{}') as { name: string }
    const next: Row = { id: Number(id), name, version: (row?.version ?? 0) + 1 }
    this.#table.set(id, next)
    return { status: row === undefined ? 201 : 200, row: next }
  }
}

function changeOfWrite({ method, body, mints, url }: Stored): RowChange {
  const change = changeOf({
    method,
    type: JSON_TYPE,
    body: body && (JSON.parse(body) as unknown),
    id: mints ?? url.slice(LIST.length + 1),
    idMember: 'id',
    target: method === 'POST' ? 'list' : 'row',
    entity: 'p',
  })
  if (change === undefined) throw new Error('a write of this model has a usual shape')
  return change
}
