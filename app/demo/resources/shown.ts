import type { CachedQuery } from 'freshlayer/react'

/** What the page shows by hooks of the layer, for the refresh buttons and the strip. By the component that shows it. */
const shown = new Map<object, { readonly url: string; readonly query: CachedQuery<unknown> }>()

/** Notes what a component shows. Returns the way out. */
export function noteShown(component: object, url: string, query: CachedQuery<unknown>): () => void {
  shown.set(component, { url, query })
  return () => void shown.delete(component)
}

/** Has the origin asked for what is shown of these URLs. */
export async function refreshShown(isDue: (url: string) => boolean): Promise<void> {
  await Promise.all([...shown.values()].filter(({ url }) => isDue(url)).map(({ query }) => query.refresh()))
}

/** How old what is shown is. Unit: seconds. */
export const agesOfShown = (nowMs: number): readonly number[] =>
  [...shown.values()].flatMap(({ query: { updatedAt } }) =>
    updatedAt === undefined ? [] : [Math.max(0, (nowMs - updatedAt) / 1000)],
  )
