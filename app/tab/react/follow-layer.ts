import { connectedLayer, onConnected } from '../connect.ts'
import type { Freshlayer } from '../freshlayer.ts'

/**
 * Listens to the layer of the page, and to the one that takes its place when the page is connected anew, or only later than
 * this is called.
 *
 * @param moved another layer has taken its place: its user may be another.
 * @returns the way out.
 */
export function followLayer(listen: (layer: Freshlayer) => () => void, moved: () => void): () => void {
  const now = connectedLayer()
  let leave = now && listen(now)
  const end = onConnected((layer) => {
    leave?.()
    leave = listen(layer)
    moved()
  })
  return () => {
    end()
    leave?.()
  }
}
