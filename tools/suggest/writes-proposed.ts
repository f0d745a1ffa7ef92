import type { Route, Write } from '../../config/language/index.ts'
import type { Findings, WriteFindings } from './findings.ts'
import type { Reasoned } from './proposal.ts'
import { plural } from './spelled.ts'
import { shapeOf, tagsOfWrite } from './tags.ts'

/** Names of reads that are sent by POST. */
const SEARCHES = /\/(?:search|query|filter|lookup|find|preview|validate|check|suggest|autocomplete)$/i

export type ProposedWrite = Reasoned<Write> | { readonly without: string }

/** The entry for the writes of one pattern: the tags that its path names, and those of what changed after it. */
export function proposedWrite(
  { match, requests, statuses, changed }: WriteFindings,
  routes: readonly Route[],
): ProposedWrite {
  const known = new Set(routes.flatMap(({ tags = [] }) => tags.map(shapeOf)))
  const own = tagsOfWrite(match).filter((tag) => known.has(shapeOf(tag)))
  const seen = changed.flatMap(({ match: read }) => {
    const route = routes.find((each) => [each.match].flat().includes(read))
    if (route === undefined) return []
    const [resource] = route.tags ?? []
    // A route without tags is named by its path; one with a method has a tag.
    return [resource ?? read.replace(/^[A-Z]+ /, '')]
  })
  const invalidates = [...new Set([...own, ...seen])]
  if (SEARCHES.test(match) && changed.length === 0)
    return {
      without: `${match} (${plural(requests, 'request')}): perhaps a read by POST. If it changes nothing, a route with match: '${match}' keeps it`,
    }
  if (invalidates.length === 0)
    return { without: `${match} (${plural(requests, 'write')}): nothing was seen to change after it` }
  const refusals = Object.entries(statuses).flatMap(([status, count]) =>
    Number(status) >= 400 || status === '0'
      ? [status === '0' ? `${count} without an answer` : `${count} × ${status}`]
      : [],
  )
  const after = changed.map(({ match: read, times }) => `${read} (${times}×)`)
  return {
    value: { match, invalidates },
    why: [
      `${[plural(requests, 'write'), ...refusals].join('; ')}.`,
      after.length > 0
        ? `Changed at the next read: ${after.join(', ')}.`
        : 'By its path; no read was seen to change after it.',
    ],
  }
}

/** The entries for what signs a user in or out. */
export const proposedSessions = ({ sessions }: Findings): Reasoned<Write>[] =>
  sessions.flatMap(({ match, kind, why }) =>
    kind === 'token' || (kind === 'sign-in' && match.startsWith('GET '))
      ? []
      : [{ value: { match: withMethod(match), session: kind }, why: [`A ${kind}: ${why}.`] }],
  )

const withMethod = (match: string): string => (/^[A-Z]+ /.test(match) ? match : `GET ${match}`)
