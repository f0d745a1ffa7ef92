/** What has changed, as a tab tells the worker. */
export interface Hint {
  readonly tags: readonly string[]
  /** Anything may have changed. Default: what has these tags. */
  readonly all?: boolean | undefined
  /** The database's transactions that did it. Default: not known. */
  readonly transactions?: readonly string[] | undefined
}

/** More tags than this are everything, and of more transactions it is not known which they are. */
const MOST = 1000

/** Several hints as one. Of which transactions it is, is known only where it is known of each. */
export function merged(one: Hint, other: Hint): Hint {
  if (isEmpty(one)) return other
  if (isEmpty(other)) return one
  const all = one.all === true || other.all === true
  const transactions = one.transactions &&
    other.transactions && [...new Set([...one.transactions, ...other.transactions])]
  return bounded({ tags: all ? [] : [...new Set([...one.tags, ...other.tags])], all, transactions })
}

/** A hint that costs the page and the worker little, however long a message was. */
export function bounded({ tags, all, transactions }: Hint): Hint {
  const isMuch = tags.length > MOST
  return {
    tags: isMuch ? [] : tags,
    all: isMuch || all,
    transactions: (transactions?.length ?? 0) > MOST ? undefined : transactions,
  }
}

/** Whether nothing has changed: such a hint only says how far the tab has heard. */
export const isEmpty = ({ tags, all = false }: Hint): boolean => tags.length === 0 && !all
