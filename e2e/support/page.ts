import { type ChangeEvent, connect, type Freshlayer } from '../../app/tab/index.ts'

declare global {
  interface Window {
    layer: Freshlayer
    /** Every change this page was told of. */
    heard: ChangeEvent[]
    /** Unhandled rejections in this page. */
    unhandled: string[]
  }
}

window.unhandled = []
addEventListener('unhandledrejection', ({ reason }) => window.unhandled.push(String(reason)))
window.heard = []
// A page below /sub/ has a worker of its own, so that two are alive on the same data.
window.layer = connect(location.pathname.startsWith('/sub/') ? { worker: '/sw.js?sub', scope: '/sub/' } : {})
window.layer.on('change', (change) => window.heard.push(change))
