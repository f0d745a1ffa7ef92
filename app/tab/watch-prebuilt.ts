import { parseVerdict } from '../../sw/protocol.ts'
import { ask } from './rpc.ts'

/** What a page has loaded while the worker took it over is there by then, mostly. */
const SETTLE_MS = 1000

/** How the browser calls what a page loads as a part of the app. */
const FILES = /^(script|link|css|other)$/

/**
 * What a page of an app without a build has to do beside `connect()`: it says on the console what the worker's check makes
 * of the rules, and names at the first visit the files that it had loaded before, because no build has listed them.
 */
export function watchPrebuilt(): void {
  const container = containerOf()
  container?.addEventListener('message', ({ data }) => {
    const verdict = parseVerdict(data)
    if (verdict === undefined) return
    const { why, isRefused } = verdict
    if (!isRefused) console.warn(`[freshlayer] ${why}`)
    else if (container.controller === null) console.error(`[freshlayer] All comes from the network: ${why}`)
    else console.error(`[freshlayer] These rules are refused, and those before stay: ${why}`)
  })
  if (container?.controller !== null) return
  const fill = (): void => {
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    const urls = entries.flatMap(({ name, initiatorType, workerStart }) =>
      FILES.test(initiatorType) && workerStart === 0 ? name : [],
    )
    void ask(() => container.controller, { ask: 'fill', urls }).catch(() => undefined)
  }
  container.addEventListener('controllerchange', () => setTimeout(fill, SETTLE_MS), { once: true })
}

/** Absent where there are no workers; asking for it throws in a frame that has no origin. */
function containerOf(): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker
  } catch {
    return undefined
  }
}
