import { expect, test } from '@playwright/test'
import { holds, outcomeOf } from './asked.ts'
import { calls, rows, shortRows, traced } from './table.ts'

test('every call that the worker makes is in the table, and is made as often as the table says', async () => {
  const made = new Map<string, number>()
  for (const name of Object.keys(traced)) {
    const outcome = await outcomeOf(name)
    holds(outcome)
    expect(outcome.reports, name).toEqual([])
    const counts = new Map<string, number>()
    for (const call of outcome.calls) counts.set(call, (counts.get(call) ?? 0) + 1)
    for (const [call, count] of counts) made.set(call, Math.max(count, made.get(call) ?? 0))
  }
  const listed = new Set(calls.map(({ call }) => call))
  expect([...made.keys()].filter((call) => !listed.has(call))).toEqual([])
  expect(calls.filter(({ call, times }) => (made.get(call) ?? 0) < times).map(({ call }) => call)).toEqual([])
})

const names = process.env['FULL'] !== undefined ? [...rows.keys()] : shortRows

for (const [index, name] of names.entries()) {
  test(name, async () => {
    const outcome = await outcomeOf(name, names.slice(index + 1, index + 8))
    holds(outcome)
    expect(outcome.hasFired, 'the fault has come about').toBe(true)
  })
}
