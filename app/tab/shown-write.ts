import { absoluteUrl } from './affected-urls.ts'
import { AnswerError } from './answer-error.ts'
import { mayEndUser } from './change-feed.ts'
import { connectedLayer } from './connect.ts'
import { observedUrls } from './observed-urls.ts'
import { type Show, WrittenChanges } from './optimistic-changes.ts'
import { reachOf } from './reach-of.ts'
import { attempt, warn } from './report.ts'

interface ShownWrite<T> {
  /** Shows at once what the write will change. What it throws is reported, and nothing is shown. */
  readonly optimistic: (show: Show) => void
  readonly write: () => Promise<T>
  /** What the write invalidates beside what the rules say: tags, URLs and patterns. No answer: the outcome is not known. */
  readonly invalidates?: (answer?: { readonly data: T }) => readonly string[]
}

/** How a write has ended. */
export type Outcome<T> = ({ readonly data: T } | { readonly error: Error }) & {
  /** The user whose write it was may be gone: nothing of it is shown. */
  readonly isUserGone: boolean
}

/**
 * Makes a write whose changes are shown at once. When it has ended, what it invalidates is told to the layer, and what was
 * changed is read anew, whether it went well or not. It goes on though what began it is shown no more.
 *
 * @param what the function that needs it.
 * @throws TypeError where `connect()` has not been called.
 */
export async function makeShownWrite<T>(
  what: string,
  { optimistic, write, invalidates }: ShownWrite<T>,
): Promise<Outcome<T>> {
  const urls = observedUrls(what)
  const layer = connectedLayer()
  const changes = new WrittenChanges(urls)
  let isUserGone = false
  const leave = layer?.on('change', (change) => (isUserGone ||= mayEndUser(change)))
  try {
    optimistic(changes.show)
  } catch (error) {
    reportError(error)
    changes.drop()
  }
  const outcome = await outcomeOf(write)
  const error = 'error' in outcome ? outcome.error : undefined
  if (error !== undefined) changes.drop()
  // What the origin has refused has changed nothing; of what failed otherwise it is not known.
  if (!(error instanceof AnswerError && error.status < 500)) {
    const named = attempt(() => invalidates?.('data' in outcome ? outcome : undefined)) ?? []
    const reach = reachOf(named)
    const all = { ...reach, urls: [...reach.urls, ...changes.urls.map(absoluteUrl)] }
    if (Object.values(all).flat().length > 0) await layer?.invalidate(all).catch(warn)
    if (error === undefined) changes.keep()
  }
  // Without a worker it is not known what else the write concerns.
  if (error === undefined && layer?.state.controlled !== true) urls.validateAll()
  else changes.validate()
  leave?.()
  return { ...outcome, isUserGone }
}

/** A write that throws at once has failed as one that rejects. */
async function outcomeOf<T>(write: () => Promise<T>): Promise<{ readonly data: T } | { readonly error: Error }> {
  try {
    return { data: await write() }
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }) }
  }
}
