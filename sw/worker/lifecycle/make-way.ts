import { cacheDatabaseOf } from '../../../config/names.ts'
import type { Channel } from '../channel.ts'
import { NO_LOG } from '../killed-answers.ts'
import { deleteCaches, unregister } from '../removal.ts'
import { report } from '../report.ts'
import { discard } from '../../fetch/origin.ts'
import { scope } from '../scope.ts'

/** A script that does not come in this time counts as served: no page load is held up for longer. */
const LOOK_LIMIT_MS = 3000

/**
 * Whether the origin still serves the script of this worker. It does not where it answers 404, 410 or with something that
 * is no script, as the page that many servers send for unknown paths. An origin that does not answer says nothing, nor
 * does a redirect: it may be that of a sign-in.
 */
export async function isServed(): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(LOOK_LIMIT_MS)
    const response = await fetch(location.href, { cache: 'no-store', redirect: 'error', signal })
    discard(response)
    const { ok, status, headers } = response
    return ok ? /script/i.test(headers.get('content-type') ?? '') : ![404, 410].includes(status)
  } catch {
    return true
  }
}

/**
 * Removes this worker and what it has stored, and tells the tabs.
 *
 * @param isGuest the worker has work of its own, which goes on.
 */
export async function makeWay(channel: Channel, isGuest: boolean): Promise<void> {
  report('the origin does not serve this worker any more, so it is removed', location.href)
  channel.announce({ say: 'reset', logId: NO_LOG })
  indexedDB.deleteDatabase(cacheDatabaseOf(scope()))
  await Promise.all([deleteCaches(), isGuest || unregister()]).catch((error: unknown) =>
    report('the worker could not be removed altogether', error),
  )
}
