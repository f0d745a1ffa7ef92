import { searched, type SearchPolicy } from '../../core/search.ts'
import type { Transactions } from './ledger-record.ts'
import { entriesOf, SEARCHES } from './records.ts'
import { report } from '../report.ts'

/** Which parts of a query count, as responses have said of the others under their path (No-Vary-Search). */
export class SearchPolicies {
  readonly #ledger: Pick<Transactions, 'write'>
  /** By URL without query. */
  readonly #policies = new Map<string, SearchPolicy>()

  constructor(ledger: Pick<Transactions, 'write'>) {
    this.#ledger = ledger
  }

  read(store: IDBObjectStore): Promise<Stored> {
    return entriesOf(store, SEARCHES)
  }

  learnAll(stored: Stored): void {
    for (const [key, policy] of stored) if (isPolicy(policy)) this.#policies.set(key.slice(SEARCHES.length), policy)
  }

  /** The URL under which an answer is kept. */
  urlOf(url: string): string {
    const policy = this.#policies.size > 0 ? this.#policies.get(pathOf(url)) : undefined
    return policy === undefined ? url : searched(url, policy)
  }

  /** A response says which parts of its query count; undefined: all of them. */
  learn(url: string, policy: SearchPolicy | undefined): void {
    const path = pathOf(url)
    if (JSON.stringify(policy) === JSON.stringify(this.#policies.get(path))) return
    if (policy === undefined) this.#policies.delete(path)
    else this.#policies.set(path, policy)
    this.#ledger
      .write(({ store }) => {
        if (policy === undefined) store.delete(SEARCHES + path)
        else store.put(policy, SEARCHES + path)
      })
      .catch((error: unknown) => report('which parts of a query count could not be stored; memory holds it', error))
  }
}

type Stored = Awaited<ReturnType<typeof entriesOf>>

/** Storage is an edge: what another version or a fault wrote is not trusted. */
function isPolicy(record: unknown): record is SearchPolicy {
  const policy = record as Partial<SearchPolicy> | null | undefined
  return Array.isArray(policy?.except) && (policy.ignored === 'all' || Array.isArray(policy.ignored))
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url
