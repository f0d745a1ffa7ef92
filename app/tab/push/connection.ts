import type { Outcome } from './ladder.ts'
import type { Message } from './message.ts'

/** What a connection tells while it lasts. */
export interface Hearing {
  /** The server has answered, and may say something. */
  readonly opened: () => void
  readonly heard: (message: Message) => void
  /** When the server wants this page to come back. Unit: milliseconds. */
  readonly retry: (ms: number) => void
}

/** What became of a connection. */
export interface End {
  /** 'refused': who asks may not listen, or there is nothing to listen to. */
  readonly outcome: Outcome | 'refused'
  /** The status of an answer that is none of a feed. Default: there was none. */
  readonly status?: number
  /** The origin asks to wait so long at least. Unit: milliseconds. Default: 0. */
  readonly waitMs?: number
}

/** Opens a connection. It ends by itself, or by the signal. Never rejects. */
export type Open = (url: string, hearing: Hearing, signal: AbortSignal) => Promise<End>
