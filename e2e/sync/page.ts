import { connect, observe } from '../../app/tab/index.ts'

interface Product {
  readonly id: number
  readonly name: string
}

declare global {
  interface Window {
    /** What the page shows. */
    shown: readonly Product[]
  }
}

window.shown = []
/** A page that came back from the back-forward cache is not reached by the test any more: it tells the server. */
const isReporting = location.pathname === '/reporting'
const say = (what: string): void => void fetch(`/said/${encodeURIComponent(what)}`)
if (isReporting) addEventListener('pageshow', ({ persisted }) => persisted && say('restored'))
if (location.pathname !== '/plain') {
  connect({ push: { url: '/events' }, development: false })
  observe<readonly Product[]>('/api/products', ({ data = [] }) => {
    window.shown = data
    if (isReporting) for (const { name } of data) say(`shown ${name}`)
  })
}
