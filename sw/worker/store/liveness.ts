import { aliveLockOf } from '../../../config/names.ts'
import { scope } from '../scope.ts'

/** Shows other workers, by a lock that goes with this worker, that it will itself end what it has under way. */
export class Liveness {
  /** The name of this worker among all that write here. */
  readonly worker = crypto.randomUUID()
  #held: Promise<void> | undefined

  /** Settles when other workers can see it. */
  hold(): Promise<void> {
    this.#held ??= new Promise<void>((resolve) => {
      if (!('locks' in navigator)) return resolve()
      const hold = (): Promise<never> => {
        resolve()
        return new Promise(() => undefined)
      }
      navigator.locks.request(aliveLockOf(scope(), this.worker), hold).catch(() => resolve())
    })
    return this.#held
  }
}

/** Tells of workers whether they live. Where the browser has no locks, none does. */
export async function aliveWorkers(): Promise<(worker: string) => boolean> {
  if (!('locks' in navigator)) return () => false
  const { held = [] } = await navigator.locks.query()
  const names = new Set(held.map(({ name }) => name))
  return (worker) => names.has(aliveLockOf(scope(), worker))
}
