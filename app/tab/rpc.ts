import { CacheError, noAnswer } from '../../sw/core/cache-error.ts'
import { type Answers, envelope, type Question } from '../../sw/protocol.ts'

/**
 * How long one try waits from the last word of the worker. A worker that has to start first needs a while. A worker that
 * is replaced never answers.
 */
const TRY_MS = 2000
const TRIES = 3

const LATE = 'time is up. It may be starting; call again'

/** Looks the worker up that is to be asked. */
export type WorkerOf = () => ServiceWorker | null | undefined

type Reply = { readonly answer: unknown; readonly error?: never } | { readonly error: string }

/** A worker that is at work on a question says so every second. */
type Word = Reply | { readonly working: true }

/**
 * The worker's answer to a question. A message posted while the worker is stopped or replaced is lost without an error
 * in every engine, so each is asked again; asking twice does nothing twice. Without a registered
 * worker no answer will come: Firefox still shows the page a worker that is `activated`.
 *
 * @param worker the worker to ask, looked up anew for each try.
 * @throws CacheError 'no-answer' at once where the worker refuses or fails, as it does a question of another version; else
 *   after three tries of two seconds without a word, or after one where no worker is registered any more.
 */
export async function ask<A extends Question['ask']>(
  worker: WorkerOf,
  question: Extract<Question, { readonly ask: A }>,
): Promise<Answers[A]> {
  for (let attempt = 1; ; attempt++) {
    const { port1, port2 } = new MessageChannel()
    const reply = await new Promise<Reply | undefined>((resolve) => {
      let timer = setTimeout(resolve, TRY_MS)
      port1.onmessage = ({ data }: MessageEvent<Word>) => {
        if (!('working' in data)) return resolve(data)
        clearTimeout(timer)
        timer = setTimeout(resolve, TRY_MS)
      }
      worker()?.postMessage(envelope(question), [port2])
    })
    port1.close()
    if (reply && 'answer' in reply) return reply.answer as Answers[A]
    if (!reply && attempt < TRIES && (await navigator.serviceWorker.getRegistrations().catch(() => []))[0]) continue
    throw new CacheError(noAnswer, { what: question.ask, why: reply?.error ?? LATE })
  }
}
