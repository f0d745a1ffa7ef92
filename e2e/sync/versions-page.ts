import { type ChangeEvent, connect, type Freshlayer, observe } from '../../app/tab/index.ts'

interface Product {
  readonly id: number
  readonly name: string
}

declare global {
  interface Window {
    layer: Freshlayer
    /** The names that the page shows, by id. Default: none are there. */
    namesById: ReadonlyMap<string, string> | undefined
    /** What the page has been told of changes of the list that names rows. */
    named: NonNullable<ChangeEvent['diff']>[]
  }
}

window.named = []
window.layer = connect({ push: { url: '/events' }, development: false })
window.layer.on('change', ({ diff }) => diff && window.named.push(diff))
observe<readonly Product[]>('/api/products', ({ data }) => {
  window.namesById = data && new Map(data.map(({ id, name }) => [String(id), name]))
})
