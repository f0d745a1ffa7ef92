import { type ChangeEvent, connect, exportOutbox, type Freshlayer, observe } from '../../app/tab/index.ts'
import { channelOf } from '../../config/names.ts'

declare global {
  interface Window {
    layer: Freshlayer
    exportOutbox: typeof exportOutbox
    observe: typeof observe
    /** Every change this page was told of. */
    heard: ChangeEvent[]
    /** Unhandled rejections in this page. */
    unhandled: string[]
    /** Whether this page lets a newer worker take over. */
    agrees: boolean
  }
}

window.exportOutbox = exportOutbox
window.observe = observe
window.unhandled = []
addEventListener('unhandledrejection', ({ reason }) => window.unhandled.push(String(reason)))
window.heard = []
// A page below /sub/ has a worker of its own. It goes by the names of the worker at the root, so that two workers are
// alive on the same data, as during an update.
const isSub = location.pathname.startsWith('/sub/')
if (isSub) {
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor() {
      super(channelOf('/'))
    }
  }
}
const where = isSub ? { worker: '/sw.js?sub', scope: '/sub/' } : {}
// A page below /named/ knows its user, as an app that has signed a user in does.
const who = location.pathname.startsWith('/named/') ? { identify: () => localStorage.getItem('user') } : {}
window.agrees = true
const authorization = () => localStorage.getItem('authorization') ?? undefined
// What a page says in development asks the worker as well: only the pages that test it do.
const development = location.pathname.startsWith('/developed/')
// What a page has read is validated by itself after writes and when it comes into sight. That is the subject of the pages
// below /attentive/; those of other tests are taken to show nothing, so that they can count requests of their own.
if (!development && !location.pathname.startsWith('/attentive/')) {
  Object.assign(window, {
    PerformanceObserver: class {
      observe(): void {}
      disconnect(): void {}
    },
  })
}
window.layer = connect({ ...where, ...who, authorization, development, mayUpdate: () => window.agrees })
window.layer.on('change', (change) => window.heard.push(change))
