import type { Findings, RouteFindings } from './findings.ts'
import { filesRoutes } from './files-proposed.ts'
import type { Proposal } from './proposal.ts'
import type { Outcome, Simulation } from './simulate.ts'
import { plural, size, spelled } from './spelled.ts'
import { table } from './table.ts'

/** What is shown of a recording. */
export interface Suggested {
  readonly findings: Findings
  readonly proposal: Proposal
  readonly simulation: Simulation
}

/** A row for each route, and one for all of them. */
export function routeTable({ findings, simulation }: Suggested): {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
} {
  const routes = [...findings.routes.filter(({ isFile }) => !isFile), ...filesRoutes(findings.routes)]
  const outcomes = new Map(simulation.routes.map((outcome) => [outcome.name, outcome]))
  const built = findings.built.filter(({ match }) => outcomes.has(match))
  const rows = [...routes, ...built].map((route) => {
    const outcome = outcomes.get(route.match)
    return outcome === undefined
      ? [
          route.match,
          `${route.requests}`,
          size(route.bytes),
          `${route.notModified}`,
          userOf(route),
          whyNot(route),
          leaksOf(route),
        ]
      : [
          route.match,
          requestsOf(outcome),
          change(outcome.bytesBefore, outcome.bytesAfter, size),
          change(route.notModified, outcome.notModified),
          userOf(route),
          `${outcome.offline} of ${outcome.questions}`,
          leaksOf(route),
        ]
  })
  const { total } = simulation
  rows.push(['in all', requestsOf(total), change(total.bytesBefore, total.bytesAfter, size), '', '', '', ''])
  return { head: ['route', 'requests', 'bytes', '304s', 'carries a user', 'offline', 'leaks'], rows }
}

/** The report for a terminal, line by line: a table with a row per route, and what cannot be seen in it. */
export function report(suggested: Suggested): string[] {
  const { findings, proposal, simulation } = suggested
  const { origin, requests, spanS, leftOut } = findings
  const { head, rows } = routeTable(suggested)
  const { total } = simulation
  return [
    `${origin}: ${plural(requests, 'request')} in ${spelled(spanS)}`,
    '',
    ...table(head, rows),
    '',
    'requests, bytes, 304s: recorded → with the rules. behind: after the page had its answer. offline: questions of one user',
    'that get an answer while the server is away. leaks: answers that a cache by URL alone would have given another user.',
    ...savings(total),
    ...credentialNotes(findings),
    ...(findings.lacksBodies
      ? ['', 'Most answers have no body in this recording, so that few changes can be seen. Save it "with content".']
      : []),
    ...(leftOut.length === 0 ? [] : ['', 'Without a rule:']),
    ...leftOut.map(({ match, requests: count, why }) => `  ${match} (${count}): ${why}`),
    ...(findings.sessions.length === 0 ? [] : ['', 'Sessions:']),
    ...findings.sessions.map(({ match, kind, why }) => `  ${match}: ${kind}, ${why}`),
    ...(proposal.warnings.length === 0 ? [] : ['', 'The check says of the proposal:']),
    ...proposal.warnings.map((warning) => `  ${warning}`),
  ]
}

const requestsOf = ({ before, after, behind }: Outcome): string =>
  `${change(before, after)}${behind > 0 ? ` (${behind} behind)` : ''}`

function change(before: number, after: number, shown = (value: number): string => `${value}`): string {
  return before === after ? shown(before) : `${shown(before)} → ${shown(after)}`
}

function savings({ before, after, behind }: Outcome): string[] {
  if (before === 0) return []
  const waited = after - behind
  return [
    '',
    `Pages would have waited for ${plural(waited, 'answer')} instead of ${before}; ${behind} more would have been validated behind their back.`,
  ]
}

/** How an answer names a user. */
function userOf({ whose, by, isFile }: RouteFindings): string {
  const means = by === 'field' ? 'own field' : by
  if (whose === 'differs') return `${means}: differs`
  if (whose === 'same') return `${means}: same for all`
  if (whose === 'nobody') return isFile ? 'no: an element asks' : 'no: none sent'
  return `${means}: unknown`
}

const whyNot = ({ notStorable }: RouteFindings): string => notStorable ?? 'no rule'

const leaksOf = ({ leaks, lacksVary }: RouteFindings): string =>
  leaks === 0 ? '' : `${leaks}${lacksVary ? ', no Vary' : ''}`

function credentialNotes({ lacksCredentials, credentials }: Findings): string[] {
  if (lacksCredentials !== undefined) {
    const sure = lacksCredentials === 'surely' ? 'has' : 'perhaps has'
    return [
      '',
      `The recorder ${sure} left out cookies and tokens, so the recording does not say whose the answers are: identity is a guess, and`,
      'nothing is public. In Chromium: Settings, Preferences, Network, "Allow to generate HAR with sensitive data".',
    ]
  }
  return credentials.users === 1
    ? ['', 'One user was recorded. Sign in as a second one in the same recording to see which answers differ by user.']
    : []
}
