import { expect, it } from 'vitest'
import { AskedByRule } from './asked.ts'

const told = (isBefore: boolean, ...rules: readonly (readonly [string, ...number[]])[]): string =>
  JSON.stringify({ isBefore, rules })

it('counts from where the try began', () => {
  const asked = new AskedByRule()
  asked.hear(told(true, ['/a', 10, 5, 1, 1, 0, 100]))
  asked.hear(told(false, ['/a', 14, 8, 2, 1, 1, 400], ['/b', 1, 0, 0, 0, 0, 0], ['/c', 0, 0, 0, 0, 0, 0]))
  // A page that is opened later has the counts of this try before it.
  asked.hear(told(true, ['/a', 14, 8, 2, 1, 1, 400]))
  expect(asked.rules).toEqual([
    { rule: '/a', reads: 4, requestsSaved: 3, validations: 1, notModified: 0, standIns: 1, bytesSaved: 300 },
    { rule: '/b', reads: 1, requestsSaved: 0, validations: 0, notModified: 0, standIns: 0, bytesSaved: 0 },
  ])
  expect(asked.saved).toBe(4)
})

it('counts from zero where the data has been cleared meanwhile', () => {
  const asked = new AskedByRule()
  asked.hear(told(true, ['/a', 10, 5, 1, 1, 0, 100]))
  asked.hear(told(false, ['/a', 3, 2, 0, 0, 0, 50]))
  expect(asked.rules).toMatchObject([{ reads: 3, requestsSaved: 2 }])
})

it.each(['', '{', '[]', 'null', '{"isBefore":false}', '{"isBefore":false,"rules":[["/a",-1,0,0,0,0,0],["/a"],7]}'])(
  'takes nothing from %s',
  (text) => {
    const asked = new AskedByRule()
    asked.hear(text)
    expect(asked.rules).toEqual([])
  },
)
