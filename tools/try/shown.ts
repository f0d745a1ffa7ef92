import { routeTable, type Suggested } from '../suggest/index.ts'
import type { AskedByRule } from './asked.ts'
import { savedBy } from './live-findings.ts'
import type { Recorder } from './recorder.ts'
import type { Section } from './report-page.ts'

/** What the report's page shows. */
interface Shown {
  readonly figures: readonly { readonly value: string; readonly name: string }[]
  readonly sections: readonly Section[]
}

const count = (value: number): string => value.toLocaleString('en')

/** The report of a recording. */
export function shownOfRecording(recorder: Recorder, found: Suggested | undefined): Shown {
  const requests = { value: count(recorder.requests), name: 'requests so far' }
  if (found === undefined) {
    const text = 'Open the app in another tab and click around, as two users if you can.'
    return { figures: [requests], sections: [{ heading: 'Nothing has been asked yet', text }] }
  }
  const { findings, proposal, simulation } = found
  const { total } = simulation
  const figures = [
    requests,
    { value: `${count(total.before)} → ${count(total.after)}`, name: 'reads, with the rules below' },
    { value: count(savedBy(found)), name: 'requests that could be saved' },
    { value: count(findings.credentials.users), name: findings.credentials.users === 1 ? 'user' : 'users told apart' },
  ]
  const { head, rows } = routeTable(found)
  const sections: Section[] = [
    {
      heading: 'By route',
      text: 'Requests, bytes and 304s: as recorded → with the rules below. Offline: the questions of one user that have an answer while the server is away. Leaks: answers that a cache by URL alone would have shown to another user.',
      table: { head, rows },
    },
    {
      heading: 'The rules it would write',
      text: 'With --out freshlayer.config.ts they are written when the recording ends.',
      source: proposal.text,
    },
  ]
  if (recorder.unrecorded > 0) {
    const heading = `${count(recorder.unrecorded)} requests more`
    sections.unshift({ heading, text: 'They passed, and were not recorded: the recording is full.' })
  }
  return { figures, sections }
}

/** The report of rules that are tried. */
export function shownOfRules(recorder: Recorder, asked: AskedByRule): Shown {
  const { rules } = asked
  const reads = rules.reduce((sum, rule) => sum + rule.reads, 0)
  const figures = [
    { value: `${count(reads)} → ${count(reads - asked.saved)}`, name: 'reads of the pages → to the server' },
    { value: count(asked.saved), name: 'requests saved' },
    { value: count(recorder.requests), name: 'requests that arrived, files included' },
  ]
  const head = ['rule', 'reads', 'to the server', 'validations', '304s', 'while it was away']
  const rows = rules.map(({ rule, reads: asks, requestsSaved, standIns, validations, notModified }) => [
    rule,
    asks,
    asks - requestsSaved - standIns,
    validations,
    notModified,
    standIns,
  ])
  const text =
    rows.length === 0
      ? 'No read has met a rule yet. The first visit of a page comes from the server; click around, and load it again.'
      : 'As the worker has counted since the try began.'
  return { figures, sections: [{ heading: 'By rule', text, ...(rows.length === 0 ? {} : { table: { head, rows } }) }] }
}
