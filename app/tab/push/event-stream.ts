import { createParser } from 'eventsource-parser'
import { retryAfterMs } from '../../../sw/core/retry-after.ts'
import { epochMs } from '../../../sw/core/units.ts'
import type { End, Hearing, Open } from './connection.ts'
import type { Message } from './message.ts'

interface Options {
  readonly credentials: RequestCredentials
  /** The `Authorization` of the page's requests. Undefined: none. */
  readonly authorization: () => string | undefined | Promise<string | undefined>
  /** @param id of the event, where it has one. */
  readonly messageOf: (data: string, type: string, id: string | undefined) => Message
}

/** No message of a feed is that long. Unit: characters. */
const MAX_MESSAGE = 1_000_000

/**
 * Reads an event stream with `fetch`: `EventSource` sends no `Authorization`, tells no status, and comes back when it likes.
 * The worker leaves such requests alone, by their `Accept`.
 *
 * @see HTML §9.2
 */
export const eventStream =
  (options: Options): Open =>
  async (url, hearing, signal) => {
    try {
      const authorization = await options.authorization()
      const response = await fetch(url, {
        headers: { accept: 'text/event-stream', ...(authorization !== undefined && { authorization }) },
        credentials: options.credentials,
        cache: 'no-store',
        signal,
      })
      return isStream(response) ? await read(response, options, hearing) : endOf(response)
    } catch {
      return { outcome: 'failed' }
    }
  }

const isStream = ({ status, headers, body }: Response): boolean =>
  status === 200 && body !== null && /^text\/event-stream\b/i.test(headers.get('content-type') ?? '')

/** An answer that is no feed's: an error, or a page of a captive portal. */
function endOf({ status, headers, body }: Response): End {
  void body?.cancel().catch(() => undefined)
  const waitMs = retryAfterMs(headers.get('retry-after') ?? undefined, epochMs(Date.now()))
  const isRefused = status === 204 || (status >= 400 && status < 500 && status !== 408 && status !== 429)
  return { outcome: isRefused ? 'refused' : 'failed', status, waitMs }
}

/** Rejects where the connection breaks. */
async function read({ body }: Response, { messageOf }: Options, hearing: Hearing): Promise<End> {
  hearing.opened()
  let isOver = false
  const parser = createParser({
    onEvent: ({ data, event = 'message', id }) => {
      if (event === 'end') isOver = true
      hearing.heard(messageOf(data, event, id))
    },
    onRetry: (ms) => hearing.retry(ms),
    onComment: () => hearing.heard({ kind: 'sign' }),
    maxBufferSize: MAX_MESSAGE,
  })
  const decoder = new TextDecoder()
  const reader = body?.getReader()
  try {
    for (;;) {
      const part = await reader?.read()
      if (part === undefined || part.done) return { outcome: isOver ? 'ended' : 'cut' }
      parser.feed(decoder.decode(part.value, { stream: true }))
    }
  } catch {
    return { outcome: 'cut' }
  } finally {
    void reader?.cancel().catch(() => undefined)
  }
}
