import { connectedLayer, type Freshlayer, onConnected } from '../connect.ts'

/**
 * Listens to the layer of the page, and to the next one where that was closed and the page is connected anew. Returns the way
 * out.
 *
 * @param changed is called when there is another layer.
 */
export function followLayer(listen: (layer: Freshlayer) => () => void, changed?: () => void): () => void {
  const layer = connectedLayer()
  let leave = layer && listen(layer)
  const leaveNext = onConnected((next) => {
    leave?.()
    leave = listen(next)
    changed?.()
  })
  return () => {
    leaveNext()
    leave?.()
  }
}
