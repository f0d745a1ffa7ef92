import { connect, type Freshlayer, observe } from '../../app/tab/index.ts'

interface Named {
  readonly name: string
}

declare global {
  interface Window {
    layer: Freshlayer
    /** The names that the page shows. */
    names: Record<'categories' | 'products', readonly string[]>
    /** Writes as the app does, and says whether the collections have come to the write. */
    write(method: string, path: string, body: object): Promise<boolean>
  }
}

const [, way] = location.pathname.split('/')
window.names = { categories: [], products: [] }
window.layer = connect({
  worker: `/${way}/sw.js`,
  development: false,
  ...(way === 'push' && { push: { url: '/events' } }),
})
for (const list of ['categories', 'products'] as const)
  observe<readonly Named[]>(`/api/${list}`, ({ data = [] }) => {
    window.names = { ...window.names, [list]: data.map(({ name }) => name) }
  })
window.write = async (method, path, body) =>
  window.layer.caughtUpWith(
    await fetch(path, { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  )
