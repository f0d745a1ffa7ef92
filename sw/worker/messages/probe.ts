import type { Reachability } from '../requests/reachability.ts'
import type { Answerer } from './answering.ts'

/** Whether the origin can be reached again. */
export const probe: Answerer<'probe', { readonly reachability: Pick<Reachability, 'probe'> }> = (ports) =>
  ports.reachability.probe()
