import { nextTask } from './slices.ts'

/**
 * Looks at what comes in bursts, such as the changes of hundreds of answers: what has come by the next task is looked at
 * together, and what comes meanwhile after it. So nothing is overtaken.
 *
 * @returns hands one over.
 */
export function inBursts<T>(look: (all: readonly T[]) => Promise<unknown>): (one: T) => void {
  let come: T[] = []
  let isLooking = false
  const lookAtAll = async (): Promise<void> => {
    isLooking = true
    try {
      while (come.length > 0) {
        await nextTask()
        const all = come
        come = []
        await look(all)
      }
    } finally {
      isLooking = false
    }
  }
  return (one) => {
    come.push(one)
    if (!isLooking) void lookAtAll()
  }
}
