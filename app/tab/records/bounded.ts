import type { RecordAdapter } from './adapter.ts'

/** A store that takes longer hangs. Milliseconds. */
const ADAPTER_LIMIT_MS = 60_000

/**
 * An adapter whose calls end: one that never settles would hold the lock of the store, and no tab would send anything any more. What it does
 * after all is done twice, as after a page that was closed.
 */
export const bounded = <Entity extends string>(adapter: RecordAdapter<Entity>): RecordAdapter<Entity> => ({
  listDirty: (...given) => ended('listDirty', adapter.listDirty(...given)),
  read: (...given) => ended('read', adapter.read(...given)),
  acknowledge: (...given) => ended('acknowledge', adapter.acknowledge(...given)),
  apply: (...given) => ended('apply', adapter.apply(...given)),
  // The app waits for it.
  mark: (...given) => adapter.mark?.(...given),
})

function ended<T>(name: string, work: Promise<T> | T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`freshlayer: ${name}() of the adapter has not settled in ${ADAPTER_LIMIT_MS / 1000} s`)
    timer = setTimeout(() => reject(error), ADAPTER_LIMIT_MS)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
