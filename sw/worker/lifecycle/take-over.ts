import { envelope, type TakingOver } from '../../protocol.ts'
import { timeout } from '../clock.ts'
import { worker } from '../scope.ts'

/** How long a tab may take to say whether it agrees. */
const AGREE_LIMIT_MS = 500

/**
 * Takes over from the worker before, if every other tab of the app agrees or is out of sight. One that is in sight and
 * does not answer has not agreed. May be asked again and again.
 */
export async function takeOver(askingId: string): Promise<TakingOver> {
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const others = tabs.filter(
    ({ id, url, visibilityState, frameType }) =>
      id !== askingId &&
      // A frame is as its page, and need not have the layer.
      frameType === 'top-level' &&
      visibilityState === 'visible' &&
      url.startsWith(worker.registration.scope),
  )
  const agreed = await Promise.all(others.map(agrees))
  const refusing = agreed.filter((isAgreed) => !isAgreed).length
  // Not waited for: it settles only when this worker is active, which may take as long as the old one works.
  if (refusing === 0) void worker.skipWaiting()
  return { takesOver: refusing === 0, tabs: refusing, unsent: 0 }
}

function agrees(client: Client): Promise<boolean> {
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise<boolean>((resolve) => (port1.onmessage = ({ data }) => resolve(data === true)))
  client.postMessage(envelope({ say: 'agree' }), [port2])
  return timeout(AGREE_LIMIT_MS, answer, false).finally(() => port1.close())
}
