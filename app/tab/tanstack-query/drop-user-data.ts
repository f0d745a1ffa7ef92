import type { ObserverLike, QueryClientLike, QueryLike } from './query-client.ts'

const NO_DATA = { data: undefined, dataUpdatedAt: 0, status: 'pending', error: null, fetchStatus: 'idle' }

/**
 * The user is gone: what may be theirs is no longer in the client, and no longer shown.
 *
 * @param mayBeTheirs whether a query's data may be of one user.
 * @returns the queries that are observed: they are to be fetched for the next user.
 */
export function dropUserData(client: QueryClientLike, mayBeTheirs: (query: QueryLike) => boolean): QueryLike[] {
  const queries = client.getQueryCache().getAll()
  const theirs = queries.filter(mayBeTheirs)
  // Those without an observer as well: an observer may hold one that it has left.
  for (const query of theirs) {
    query.reset()
    // It has come from another page or from the server, and would be back.
    if (query.state.data !== undefined && query.options.initialData === undefined) query.setState(NO_DATA)
  }
  for (const query of queries) for (const observer of query.observers) forgetPlaceholder(observer)
  const unobserved = new Set(theirs.filter((query) => query.getObserversCount() === 0))
  client.removeQueries({ predicate: (query) => unobserved.has(query) })
  const mutations = client.getMutationCache()
  for (const each of mutations.getAll()) if (each.state.status !== 'pending') mutations.remove(each)
  return theirs.filter((query) => !unobserved.has(query))
}

/**
 * An observer whose query has no data yet may show that of the query before it (`keepPreviousData`). It remembers what it
 * has shown for as long as it has the same option. So it gets another one and then its own again, by which it looks anew at
 * the query before.
 */
function forgetPlaceholder(observer: ObserverLike): void {
  if (!observer.getCurrentResult().isPlaceholderData) return
  const { options } = observer
  observer.setOptions({ ...options, placeholderData: undefined })
  observer.setOptions(options)
}
