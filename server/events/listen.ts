/** What hears the notifications of the database. */
export interface Listening {
  /** Something was committed. */
  readonly heard: () => void
  /** The connection is there, for the first time or again: what was committed meanwhile was not heard. */
  readonly ready: () => void
  readonly failed: (error: unknown) => void
  /** Ends it. */
  readonly signal: AbortSignal
}

/** Listens until it is ended, and comes back by itself. */
export type Listen = (listening: Listening) => void

/** A client of `pg`, not yet connected. */
export interface ListeningClient {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  on(event: 'notification' | 'error' | 'end', listener: (given?: unknown) => void): unknown
  end(): Promise<unknown>
}

/** PGlite. */
export interface ListeningDatabase {
  listen(channel: string, heard: () => void): Promise<() => Promise<void>>
}

/** The channel that the log's triggers notify. */
const CHANNEL = 'freshlayer'

/** A connection that is half dead says nothing: it is asked this often, and has this long to answer. */
const PING_MS = 15_000
const PING_LIMIT_MS = 5_000
const MAX_REST_MS = 2_000

/**
 * Listens on a connection of its own, which no pool hands out and no transaction-pooling proxy may stand before. One that
 * breaks is made anew.
 *
 * @example listenWith(() => new pg.Client({ connectionString }))
 */
export const listenWith =
  (makeClient: () => ListeningClient): Listen =>
  (listening) =>
    void (async () => {
      const { signal, failed } = listening
      for (let failures = 0; !signal.aborted; failures++) {
        try {
          await session(makeClient(), listening, () => (failures = -1))
        } catch (error) {
          if (!signal.aborted) failed(error)
        }
        // Full jitter: all processes lose the database at the same instant.
        const rest = Math.random() * Math.min(MAX_REST_MS, 100 * 2 ** Math.max(0, failures))
        await new Promise((resolve) => setTimeout(resolve, rest))
      }
    })()

/** Listens in a database that is embedded in this process. */
export const listenOn =
  (database: ListeningDatabase): Listen =>
  ({ heard, ready, failed, signal }) =>
    void database.listen(CHANNEL, heard).then(
      (unlisten) => {
        if (signal.aborted) return unlisten()
        signal.addEventListener('abort', () => void unlisten().catch(() => undefined))
        return ready()
      },
      (error: unknown) => failed(error),
    )

/** One connection, from its beginning to its end. Rejects where it breaks. */
async function session(client: ListeningClient, { heard, ready, signal }: Listening, began: () => void): Promise<void> {
  let ping: ReturnType<typeof setInterval> | undefined
  let end = (): void => undefined
  try {
    await new Promise<void>((resolve, reject) => {
      client.on('error', reject)
      client.on('end', () => reject(new Error('the connection that listens has ended')))
      client.on('notification', heard)
      end = resolve
      signal.addEventListener('abort', end)
      const answered = (asked: Promise<unknown>): Promise<unknown> => {
        const late = new Promise((_, refuse) => {
          const timer = setTimeout(() => refuse(new Error('the connection that listens gave no answer')), PING_LIMIT_MS)
          void asked.then(
            () => clearTimeout(timer),
            () => clearTimeout(timer),
          )
        })
        return Promise.race([asked, late])
      }
      answered(client.connect().then(() => client.query(`listen ${CHANNEL}`))).then(() => {
        began()
        ready()
        ping = setInterval(() => void answered(client.query('select 1')).catch(reject), PING_MS)
      }, reject)
    })
  } finally {
    clearInterval(ping)
    signal.removeEventListener('abort', end)
    // A connection that is broken may never say that it has ended.
    void client.end().catch(() => undefined)
  }
}
