import { UNKNOWN } from '../tab/connect-at-load.ts'
import { connect } from '../tab/connect.ts'
import type { ConnectOptions, Freshlayer } from '../tab/freshlayer.ts'
import { askStatus } from './ask-status.ts'
import { askedElsewhere } from './elsewhere.ts'
import { type Shown, StripElement } from './element.ts'
import type { RuleCounts, Status, Told } from './status.ts'

/** The proxy's own paths. The worker's script is below them, and has the whole origin as its scope. */
const OWN = '/__freshlayer/'
const WORKER = new URL(`${OWN}sw.js`, location.origin).href
const STATUS = `${OWN}status.json`

/** So often the strip is brought up to date while the page is in sight. */
const EVERY_MS = 2000

/** Where a page without a build finds the layer; and where it leaves its options before, if it has any. */
const shared = globalThis as { freshlayer?: object }

/** Whether rules are tried; else the proxy records, and has none that the console could say something of. */
const isTried = new URL(import.meta.url).search === '?rules'

// An app that renders its whole document finds it as its server has sent it.
document.querySelector(`script[src^="${OWN}strip.js"]`)?.remove()
if (top === globalThis.window) start()

function start(): void {
  const { container, other } = workers()
  const layer = container !== undefined && other === undefined ? connected() : undefined
  // A worker that has this page from its beginning may be that of an earlier try.
  if (isTried && container?.controller?.scriptURL === WORKER) {
    void told(layer, true).then((before) => before && askStatus(STATUS, { told: before }))
  }
  if (document.readyState === 'complete') showStrip(layer, other)
  else addEventListener('load', () => showStrip(layer, other), { once: true })
}

/** The page's worker, where that is another than the proxy's. */
function workers(): { readonly container?: ServiceWorkerContainer | undefined; readonly other?: string | undefined } {
  const container: ServiceWorkerContainer | undefined = navigator.serviceWorker
  const script = container?.controller?.scriptURL
  return { container, other: script === WORKER ? undefined : script }
}

function connected(): Freshlayer {
  const options = shared.freshlayer as Omit<ConnectOptions, 'worker' | 'scope'> | undefined
  const layer = connect({
    identify: UNKNOWN,
    ...(isTried ? {} : { development: false }),
    ...options,
    worker: WORKER,
    scope: '/',
  })
  shared.freshlayer = layer
  // Other rules than those of the last try.
  layer.on('state', ({ updateReady }) => updateReady && void layer.applyUpdate())
  return layer
}

function showStrip(layer: Freshlayer | undefined, other: string | undefined): void {
  const strip = StripElement.isHidden() ? undefined : defined()
  // Beside the body: what an app renders into that one stays the app's.
  if (strip !== undefined) document.documentElement.append(strip)
  const elsewhere = askedElsewhere()
  const update = async (): Promise<void> => {
    if (document.hidden) return
    const status = await askStatus(STATUS, { told: isTried ? await told(layer, false) : undefined, elsewhere })
    strip?.show({ status, worker: stateOf(layer, other, status) })
  }
  layer?.on('state', () => void update())
  document.addEventListener('visibilitychange', () => void update())
  setInterval(() => void update(), EVERY_MS)
  void update()
}

/** What the worker has counted, for all tabs and from one try to the next; undefined without a worker. */
async function told(layer: Freshlayer | undefined, isBefore: boolean): Promise<Told | undefined> {
  const stats = await layer?.stats().catch(() => undefined)
  if (stats === undefined) return undefined
  const rules = Object.entries(stats.rules).map(
    ([name, { reads, requestsSaved, validations, notModified, standIns, bytesSaved }]): RuleCounts => [
      name,
      reads,
      requestsSaved,
      validations,
      notModified,
      standIns,
      bytesSaved,
    ],
  )
  return { isBefore, rules }
}

function defined(): StripElement {
  if (customElements.get('freshlayer-strip') === undefined) customElements.define('freshlayer-strip', StripElement)
  return new StripElement()
}

function stateOf(
  layer: Freshlayer | undefined,
  other: string | undefined,
  status: Status | undefined,
): Shown['worker'] {
  const found = workers().other ?? other
  if (found !== undefined) return { missing: `Another worker has this page: ${new URL(found).pathname}` }
  if (layer === undefined) return { missing: 'This browser or window has no service workers' }
  return layer.state.controlled ? 'on' : status === undefined ? 'on' : 'starting'
}
