import { searched, type SearchPolicy } from '../../core/search.ts'
import { report } from '../report.ts'
import { SEARCHES } from './records.ts'
import type { StateReader, StateRecords, Writer } from './writer.ts'

/**
 * Which parts of a query count, as responses have said of the others under their path (No-Vary-Search). Part of a worker
 * whose rules leave something to HTTP.
 */
export class SearchPolicies implements StateReader {
  readonly #writer: Writer
  /** By URL without query. */
  readonly #policies = new Map<string, SearchPolicy>()
  /** The policies on disk are in memory. */
  isRead = false

  constructor(writer: Writer) {
    this.#writer = writer
    writer.addReader(this)
  }

  learn(records: StateRecords): void {
    this.isRead = true
    for (const record of records) if (isStored(record)) this.#policies.set(record.path, record.policy)
  }

  /** The URL under which an answer is kept. */
  urlOf(url: string): string {
    const policy = this.#policies.size > 0 ? this.#policies.get(pathOf(url)) : undefined
    return policy === undefined ? url : searched(url, policy)
  }

  /** A response says which parts of its query count; undefined: all of them. */
  keep(url: string, policy: SearchPolicy | undefined): void {
    const path = pathOf(url)
    if (JSON.stringify(policy) === JSON.stringify(this.#policies.get(path))) return
    this.#policies.delete(path)
    if (policy !== undefined) this.#policies.set(path, policy)
    const oldest = [...this.#policies.keys()].slice(0, -MAX_POLICIES)
    for (const each of oldest) this.#policies.delete(each)
    this.#writer
      .write(({ store }) => {
        for (const each of oldest) store.delete(SEARCHES + each)
        if (policy === undefined) store.delete(SEARCHES + path)
        else store.put({ kind: 'search', path, policy } satisfies StoredPolicy, SEARCHES + path)
      })
      .catch((error: unknown) => report('which parts of a query count could not be stored; memory holds it', error))
  }
}

/** An answer under a path whose policy has made way is found again once the origin has said it anew. */
const MAX_POLICIES = 1000

interface StoredPolicy {
  readonly kind: 'search'
  readonly path: string
  readonly policy: SearchPolicy
}

/** Storage is an edge: what another version or a fault wrote is not trusted. */
function isStored(record: unknown): record is StoredPolicy {
  const { kind, path, policy } = (record ?? {}) as Partial<StoredPolicy>
  return (
    kind === 'search' &&
    typeof path === 'string' &&
    Array.isArray(policy?.except) &&
    (policy.ignored === 'all' || Array.isArray(policy.ignored))
  )
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url
