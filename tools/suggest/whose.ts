import type { Means, Whose } from './findings.ts'
import { grouped } from './grouped.ts'
import type { Observed } from './observed.ts'

export interface WhoseFindings {
  readonly whose: Whose
  readonly by?: Means | undefined
  readonly compared: number
  readonly leaks: number
}

/** Whose the answers of a route are: compares what different askers got for the same question. */
export function whoseFindings(reads: readonly Observed[]): WhoseFindings {
  const byQuestion = grouped(reads, ({ question }) => question)
  let compared = 0
  let differing: Means | undefined
  for (const asked of byQuestion.values()) {
    const byAsker = new Map<string, { readonly means: Means | 'none'; readonly contents: Set<string> }>()
    for (const read of asked) {
      const answer = answerOf(read)
      if (answer === undefined) continue
      const found = byAsker.get(read.asker.id) ?? { means: read.asker.by, contents: new Set<string>() }
      found.contents.add(answer)
      byAsker.set(read.asker.id, found)
    }
    if (byAsker.size < 2) continue
    compared++
    const askers = [...byAsker.values()]
    const differs = askers.some(({ contents }, at) =>
      askers.slice(at + 1).some((other) => !meet(contents, other.contents)),
    )
    if (differs) differing = strongest([differing ?? 'none', ...askers.map(({ means }) => means)])
  }
  const means = strongest(reads.map(({ asker }) => asker.by))
  if (differing !== undefined) return { whose: 'differs', by: differing, compared, leaks: leaksAmong(reads) }
  if (means === undefined) return { whose: 'nobody', compared, leaks: 0 }
  return { whose: compared > 0 ? 'same' : 'unknown', by: means, compared, leaks: 0 }
}

/** What an asker got: a content, or that they may not have it. Undefined: it says nothing. */
function answerOf({ exchange: { status }, content }: Observed): string | undefined {
  return status === 401 || status === 403 ? 'refused' : content
}

const meet = (one: ReadonlySet<string>, other: ReadonlySet<string>): boolean => [...one].some((each) => other.has(each))

const ORDER: readonly Means[] = ['token', 'field', 'cookie']

const strongest = (given: readonly (Means | 'none')[]): Means | undefined =>
  ORDER.find((means) => given.includes(means))

/**
 * The answers that a cache by URL alone would have given to another asker than the one it stored them for, where the
 * server gave that one something else.
 */
function leaksAmong(reads: readonly Observed[]): number {
  const stored = new Map<string, { readonly id: string; readonly content: string }>()
  let leaks = 0
  for (const read of reads) {
    const { exchange, asker, content } = read
    const url = exchange.url
    const kept = stored.get(url)
    const answer = answerOf(read)
    if (kept !== undefined && kept.id !== asker.id && answer !== undefined && answer !== kept.content) leaks++
    if (kept === undefined && content !== undefined) stored.set(url, { id: asker.id, content })
  }
  return leaks
}
