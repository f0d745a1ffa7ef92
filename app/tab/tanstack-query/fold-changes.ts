import type { ChangeEvent } from '../change-feed.ts'

/**
 * The same changes as few: one for all that name answers by URL, one for all that reach by tag as well. A burst of answers
 * brings hundreds of changes, and a page may have thousands of URLs.
 */
export function foldChanges(changes: readonly ChangeEvent[]): ChangeEvent[] {
  const byUrl = changes.filter((change) => !reachesTags(change))
  const byTag = changes.filter(reachesTags)
  return [
    ...(byUrl.length > 0 ? [{ ...merged(byUrl), kind: 'changed', cause: 'response' } as const] : []),
    ...(byTag.length > 0 ? [{ ...merged(byTag), kind: 'invalidated', cause: 'invalidate' } as const] : []),
  ]
}

/** An answer that has come anew is told with its tags, and what else has these tags is what it was. */
const reachesTags = ({ kind, cause }: ChangeEvent): boolean => kind === 'invalidated' || cause === 'remove'

const merged = (changes: readonly ChangeEvent[]): Pick<ChangeEvent, 'urls' | 'tags' | 'all'> => ({
  urls: [...new Set(changes.flatMap(({ urls }) => urls))],
  tags: [...new Set(changes.flatMap(({ tags }) => tags))],
  all: changes.some(({ all }) => all),
})
