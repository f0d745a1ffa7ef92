/** What has changed, as a tab tells the worker. */
export interface Hint {
  readonly tags: readonly string[]
  /** Anything may have changed. Default: what has these tags. */
  readonly all?: boolean | undefined
  /** The database's transactions that did it. Default: not known. */
  readonly transactions?: readonly string[] | undefined
}

/** Several hints as one. Of which transactions it is, is known only where it is known of each. */
export function merged(one: Hint, other: Hint): Hint {
  if (isEmpty(one)) return other
  if (isEmpty(other)) return one
  const transactions = one.transactions &&
    other.transactions && [...new Set([...one.transactions, ...other.transactions])]
  return { tags: [...new Set([...one.tags, ...other.tags])], all: one.all === true || other.all === true, transactions }
}

/** Whether nothing has changed: such a hint only says how far the tab has heard. */
export const isEmpty = ({ tags, all = false }: Hint): boolean => tags.length === 0 && !all
