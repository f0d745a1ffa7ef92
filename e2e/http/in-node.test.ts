import { describe, expect, it } from 'vitest'
import { epochMs } from '../../sw/core/units.ts'
import { differences, fieldLines, type Got, type Here, type Received, requestDifferences } from './differences.ts'
import { type Answer, Model, type Said } from './model.ts'
import type { Exchange, OriginAnswer, Row } from './row.ts'
import { rows } from './rows.ts'

const ORIGIN = 'https://rows.test'
const START_MS = Date.parse('2026-03-01T12:00:00Z')

/** What overlaps is the worker's business, and what is redirected the browser's; the core does one thing at a time. */
const isOfTheCore = ({ steps, only }: Row): boolean =>
  only !== 'browser' && steps.every((step) => step.kind === 'pass' || (step.kind === 'exchange' && !isRedirected(step)))

const isRedirected = ({ origin }: Exchange): boolean =>
  ([origin ?? []].flat() as OriginAnswer[]).some(
    (answer) => typeof answer === 'object' && [301, 302, 303, 307, 308].includes(answer.status ?? 200),
  )

describe('the core, alone', () => {
  it.each(rows.filter(isOfTheCore).map((row) => [`${row.section} ${row.title}`, row] as const))(
    '%s',
    async (_, row) => {
      expect(await problemsOf(row)).toEqual([])
    },
  )
})

/** What was not as a row says, in a cache of its own. */
async function problemsOf({ id, steps, under = 'rows' }: Row): Promise<string[]> {
  const problems: string[] = []
  let here: Here = { self: `/${under}/${id}`, origin: ORIGIN, nowMs: START_MS }
  let answers: OriginAnswer[] = []
  let received: Received[] = []
  let path = ''
  let length: string | undefined
  const model = new Model(async (method, fields) => {
    received.push({ method, path, headers: { ...Object.fromEntries(fields), 'content-length': length } })
    const answer = answers.shift() ?? { headers: { 'cache-control': 'no-store' }, body: 'unforeseen' }
    return typeof answer === 'string' ? undefined : said(answer, method, here)
  })
  for (const [index, step] of steps.entries()) {
    if (step.kind === 'together') continue
    if (step.kind === 'pass') {
      here = { ...here, nowMs: here.nowMs + step.seconds * 1000 }
      continue
    }
    model.nowMs = epochMs(here.nowMs)
    answers = [step.origin ?? []].flat() as OriginAnswer[]
    received = []
    path = here.self + (step.path ?? '')
    length = step.request?.body === undefined ? undefined : String(Buffer.byteLength(step.request.body))
    const got = gotOf(await model.fetch(askedOf(step, path)))
    await model.behind
    const { expect } = step
    const seen = [
      ...differences(expect, got, here),
      ...requestDifferences(expect.behind ?? expect.sent, step, received, here),
    ]
    problems.push(...seen.map((problem) => `step ${index + 1}: ${problem}`))
  }
  return problems
}

function askedOf({ request = {} }: Exchange, path: string): Parameters<Model['fetch']>[0] {
  const { method = 'GET', headers = {}, cache = 'default', credentials = 'same-origin', body = '' } = request
  const fields = new Map([
    ['accept', '*/*'],
    ...(body === '' ? [] : [['content-type', 'text/plain;charset=UTF-8'] as const]),
  ])
  for (const [name, value] of Object.entries(headers)) fields.set(name.toLowerCase(), value.trim())
  // Fetch knows these in any case; others are as they are written.
  const known = /^(get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method
  return { method: known, url: ORIGIN + path, fields, cache, credentials, body }
}

/** A reply as a page's fetch would see it: names in small letters, lines of one name joined. */
function said(reply: Exclude<OriginAnswer, string>, method: string, here: Here): Said {
  const fields = new Map<string, string>()
  for (const [given, line] of fieldLines(reply, here)) {
    const name = given.toLowerCase()
    const before = fields.get(name)
    fields.set(name, before === undefined ? line.trim() : `${before}, ${line.trim()}`)
  }
  const { status = 200, body = '', cut = false } = reply
  const isEmpty = status === 204 || status === 304 || method === 'HEAD'
  return { status, fields, body: isEmpty ? '' : body, cut }
}

function gotOf(answer: Answer): Got {
  if (answer === undefined) return { error: 'Failed to fetch', status: 0, body: '', headers: {} }
  const { status, fields, body, cut } = answer
  return { status, body: cut ? '' : body, headers: Object.fromEntries(fields), cut }
}
