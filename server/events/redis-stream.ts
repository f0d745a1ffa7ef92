import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { formatEntry, parseEntry, type StreamEntry } from './stream-entry.ts'

/**
 * 'teller': this process reads the log for all. 'follower': another one does. 'alone': the stream is away, and each process
 * reads for itself.
 */
export type StreamRole = 'teller' | 'follower' | 'alone'

/** What a process is told of the stream. */
export interface StreamMember {
  readonly role: (role: StreamRole) => void
  readonly heard: (entry: StreamEntry | 'unreadable') => void
  /** The stream has begun anew: what came between is not in it. */
  readonly broken: () => void
  readonly failed: (error: unknown) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** How a process takes part. */
export interface StreamMembership {
  /** Tells the other processes, at once or when the stream is back. */
  readonly append: (entry: StreamEntry) => void
  /** Resolves once it has ended. */
  readonly ended: Promise<void>
}

/** A stream that all processes share. It comes back by itself. */
export type EventStream = (member: StreamMember) => StreamMembership

/** A client of `redis` from version 5 on, not yet connected. */
export interface StreamClient {
  connect(): Promise<unknown>
  sendCommand(words: readonly string[]): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
  destroy(): void
}

export interface RedisStreamOptions {
  /** The key of the stream: one for each database. Beside it lies `<key>:teller`. Default: 'freshlayer:events'. */
  readonly key?: string
  /** About how many entries are kept. One is at most some kilobytes long. Default: 1000. */
  readonly keep?: number
}

/**
 * A stream of Redis 6.2 or later, or of Valkey. Each process has two connections to it, which are made anew when they break.
 *
 * @example redisStream(() => createClient({ url: 'redis://127.0.0.1:6379' }))
 */
export const redisStream =
  (makeClient: () => StreamClient, options: RedisStreamOptions = {}): EventStream =>
  (member) =>
    new RedisStream(makeClient, options, member)

/** The lease of the process that tells. It is renewed often enough to outlast two losses. */
const LEASE_MS = 2_000
const RENEW_MS = 500
/** How long a read waits for entries, and how much later its answer may come. */
const BLOCK_MS = 5_000
const LIMIT_MS = 3_000
const MAX_REST_MS = 5_000
/** How many entries are read at once, and how many wait for a stream that is away. Others read the log in place of older ones. */
const MOST_READ = 100
const MOST_WAITING = 100

/** 1: this process tells, for the time of the lease. 0: another does. */
const TAKE = `
if redis.call('set', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1`
const LEAVE = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end return 0`

/** Waits for what is asked, as long as the connection holds and the answer is not late. */
type InTime = <Result>(asked: Promise<Result>, limitMs?: number) => Promise<Result>

class RedisStream implements StreamMembership {
  readonly ended: Promise<void>
  readonly #makeClient: () => StreamClient
  readonly #member: StreamMember
  readonly #key: string
  readonly #keep: number
  readonly #name = randomUUID()
  /** Entries that are not in the stream yet, oldest first. */
  readonly #waiting: StreamEntry[] = []
  #sending: Promise<void> | undefined
  #send: ((words: readonly string[]) => Promise<unknown>) | undefined
  /** The last entry that was heard. Undefined: none yet. */
  #heardId: string | undefined

  constructor(makeClient: () => StreamClient, options: RedisStreamOptions, member: StreamMember) {
    const { key = 'freshlayer:events', keep = 1000 } = options
    this.#makeClient = makeClient
    this.#member = member
    this.#key = key
    this.#keep = keep
    this.ended = this.#run()
  }

  readonly append = (entry: StreamEntry): void => {
    this.#waiting.push(entry)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    // One that fails is sent again with the next renewal.
    void this.#sendWaiting().catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { signal, failed, role } = this.#member
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#session(() => (failures = -1))
      } catch (error) {
        if (signal.aborted) return
        failed(error)
      }
      role('alone')
      // Full jitter: all processes lose Redis at the same instant.
      const rest = Math.random() * Math.min(MAX_REST_MS, 100 * 2 ** Math.max(0, failures))
      await pause(rest, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Two connections, from their beginning to their end: one waits for entries. Rejects where one breaks. */
  async #session(began: () => void): Promise<void> {
    const { signal } = this.#member
    const [reader, commands] = [this.#makeClient(), this.#makeClient()]
    const ending = new AbortController()
    const broken = new Promise<never>((_, reject) => {
      for (const client of [reader, commands]) client.on('error', reject)
    })
    broken.catch(() => undefined)
    const inTime: InTime = async (asked, limitMs = LIMIT_MS) => {
      const answered = new AbortController()
      const late = pause(limitMs, undefined, { signal: answered.signal }).then(() => {
        throw new Error('Redis gave no answer')
      })
      late.catch(() => undefined)
      try {
        return await Promise.race([asked, broken, late])
      } finally {
        answered.abort()
      }
    }
    try {
      await inTime(Promise.all([reader.connect(), commands.connect()]))
      const send = (words: readonly string[]): Promise<unknown> => inTime(commands.sendCommand(words))
      await this.#findPlace(send)
      this.#send = send
      began()
      const left = pause(2 ** 31 - 1, undefined, { signal: AbortSignal.any([signal, ending.signal]) }).catch(
        () => undefined,
      )
      await Promise.race([left, this.#holdLease(send, ending.signal), this.#read(reader, inTime, ending.signal)])
      if (signal.aborted) await send(['EVAL', LEAVE, '1', `${this.#key}:teller`, this.#name])
    } finally {
      this.#send = undefined
      ending.abort()
      for (const client of [reader, commands]) destroy(client)
    }
  }

  /** Where to read on: behind what was heard, if that is still the same stream. */
  async #findPlace(send: (words: readonly string[]) => Promise<unknown>): Promise<void> {
    const [newest] = entriesOf(await send(['XREVRANGE', this.#key, '+', '-', 'COUNT', '1']))
    const last = newest?.id ?? '0-0'
    if (this.#heardId !== undefined && isBefore(last, this.#heardId)) {
      this.#heardId = '0-0'
      this.#member.broken()
    }
    this.#heardId ??= last
  }

  async #holdLease(send: (words: readonly string[]) => Promise<unknown>, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const taken = await send(['EVAL', TAKE, '1', `${this.#key}:teller`, this.#name, String(LEASE_MS)])
      if (ended.aborted) return
      this.#member.role(taken === 1 ? 'teller' : 'follower')
      await this.#sendWaiting()
      await pause(RENEW_MS, undefined, { signal: ended }).catch(() => undefined)
    }
  }

  async #read(reader: StreamClient, inTime: InTime, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      const words = ['XREAD', 'COUNT', String(MOST_READ), 'BLOCK', String(BLOCK_MS), 'STREAMS', this.#key]
      const reply = await inTime(reader.sendCommand([...words, this.#heardId ?? '0-0']), BLOCK_MS + LIMIT_MS)
      if (ended.aborted) return
      for (const { id, entry } of entriesOf(ofStream(reply))) {
        this.#heardId = id
        this.#member.heard(parseEntry(entry))
      }
    }
  }

  /** One at a time, in their order. Rejects where the stream takes one not, which then stays the next. */
  #sendWaiting(): Promise<void> {
    this.#sending ??= (async () => {
      for (let entry = this.#waiting[0]; entry !== undefined && this.#send !== undefined; entry = this.#waiting[0]) {
        await this.#send(['XADD', this.#key, 'MAXLEN', '~', String(this.#keep), '*', 'entry', formatEntry(entry)])
        const at = this.#waiting.indexOf(entry)
        if (at >= 0) this.#waiting.splice(at, 1)
      }
    })().finally(() => (this.#sending = undefined))
    return this.#sending
  }
}

/** A client that has ended by itself refuses to be ended. */
function destroy(client: StreamClient): void {
  try {
    client.destroy()
  } catch {
    // It has.
  }
}

/** What `XREAD` has of its one stream: pairs in RESP2, a map in RESP3, null where the time was over. */
function ofStream(reply: unknown): unknown {
  if (Array.isArray(reply)) return Array.isArray(reply[0]) ? (reply[0] as unknown[])[1] : []
  if (reply instanceof Map) return reply.values().next().value
  return typeof reply === 'object' && reply !== null ? Object.values(reply)[0] : []
}

/** Entries as `[id, [field, value, …]]`. */
function entriesOf(reply: unknown): { readonly id: string; readonly entry: unknown }[] {
  const entries: readonly unknown[] = Array.isArray(reply) ? reply : []
  return entries.flatMap((each) => {
    const [id, fields] = Array.isArray(each) ? (each as unknown[]) : []
    if (typeof id !== 'string' || !Array.isArray(fields)) return []
    const values = fields as unknown[]
    return [{ id, entry: values[values.indexOf('entry') + 1] }]
  })
}

/** Ids are milliseconds and a number, `1700000000000-0`. */
function isBefore(one: string, other: string): boolean {
  const [[oneMs = 0n, oneNumber = 0n], [otherMs = 0n, otherNumber = 0n]] = [numbersOf(one), numbersOf(other)]
  return oneMs < otherMs || (oneMs === otherMs && oneNumber < otherNumber)
}
const numbersOf = (id: string): readonly bigint[] => id.split('-').map(BigInt)
