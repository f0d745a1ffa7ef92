import { connect, observe } from '../../app/tab/index.ts'

interface Product {
  readonly id: number
  readonly name: string
}

declare global {
  interface Window {
    /** When each name was painted first, in milliseconds since 1970. */
    painted: Record<string, number>
  }
}

window.painted = {}
connect({ push: { url: '/events' }, development: false })
const list = document.body.appendChild(document.createElement('ul'))
observe<readonly Product[]>('/api/products', ({ data = [] }) => {
  list.replaceChildren(
    ...data.map(({ name }) => {
      const item = document.createElement('li')
      item.textContent = name
      return item
    }),
  )
  // The frame that shows it.
  requestAnimationFrame(() => {
    for (const { textContent: name } of list.children)
      window.painted[name] ??= performance.timeOrigin + performance.now()
  })
})
