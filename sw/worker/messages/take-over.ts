import { askClient } from '../ask-client.ts'
import { worker } from '../scope.ts'
import type { Answerer } from './answering.ts'

/**
 * Takes over from the active worker if every other visible tab of the app agrees. A hidden tab need not agree. A
 * visible tab that does not answer counts as refusing. May be called repeatedly.
 */
export const takeOver: Answerer<'take-over', unknown> = async (_ports, _question, askingId) => {
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const others = tabs.filter(
    ({ id, url, visibilityState, frameType }) =>
      id !== askingId &&
      // A frame follows its page, and may not have the layer.
      frameType === 'top-level' &&
      visibilityState === 'visible' &&
      url.startsWith(worker.registration.scope),
  )
  const agreed = await Promise.all(others.map(agrees))
  const refusing = agreed.filter((isAgreed) => !isAgreed).length
  // Not awaited: it settles only when this worker is active, and the old worker may still be busy.
  if (refusing === 0) void worker.skipWaiting()
  return { takesOver: refusing === 0, tabs: refusing, unsent: 0 }
}

const agrees = async (client: Client): Promise<boolean> => (await askClient(client, { say: 'agree' })) === true
