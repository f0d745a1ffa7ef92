import type { Statistics } from '../statistics.ts'
import type { Answerer } from './answering.ts'

/** What the layer has done so far. */
export const stats: Answerer<'stats', { readonly statistics: Pick<Statistics, 'read'> }> = (ports) =>
  ports.statistics.read()
