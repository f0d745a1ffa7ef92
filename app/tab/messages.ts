import { attempt } from './report.ts'

const listeners = new Set<(text: string) => void>()

/**
 * Shows what `successMessage` of a write says, wherever in the app the write is made: call it once, with what shows toasts.
 * A write tells its message when it has succeeded, also where its component is gone by then.
 *
 * @returns the way out.
 * @example onMessage((text) => toasts.show(text))
 */
export function onMessage(show: (text: string) => void): () => void {
  listeners.add(show)
  return () => void listeners.delete(show)
}

export function tellMessage(text: string): void {
  for (const show of listeners) attempt(() => show(text))
}
