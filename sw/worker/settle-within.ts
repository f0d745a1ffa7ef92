import { STORE_LIMIT_MS, timeout } from '../fetch/clock.ts'
import { report } from './report.ts'

/** Settles when the work has, and never late: memory knows at once, and a disk that hangs may not keep the page waiting. */
export const settleWithin = (work: Promise<unknown>): Promise<unknown> =>
  timeout(STORE_LIMIT_MS, work.catch(unstored), undefined)

const unstored = (error: unknown): void => report('what follows from an answer could not be stored', error)
