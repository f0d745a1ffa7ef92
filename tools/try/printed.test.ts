import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { AskedByRule } from './asked.ts'
import { linesOfRecording, linesOfRules } from './printed.ts'
import { Recorder } from './recorder.ts'
import { suggested } from './suggested.ts'

const recorded = (requests: number, exchanges = 100): Recorder => {
  const recorder = new Recorder('http://app.example', { exchanges })
  for (let count = 0; count < requests; count++)
    recorder.begin(
      Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: `/api/${count}`, headers: {} }),
    )
  return recorder
}

it('says what to do where nothing was asked', () => {
  const lines = ['Nothing was asked: open the address above and click around before you end it.']
  expect(linesOfRecording(recorded(0), undefined)).toEqual(lines)
  expect(linesOfRules(recorded(0), new AskedByRule())).toEqual(lines)
})

it('says how many requests a full recording has not', () => {
  const recorder = recorded(5, 3)
  const lines = linesOfRecording(recorder, suggested(recorder.recording()))
  expect(lines.at(-1)).toBe('Not recorded, because the recording is full: 2 requests.')
})

it('says of rules what the pages asked and what reached the server, in all and by rule', () => {
  const asked = new AskedByRule()
  expect(linesOfRules(recorded(1), asked)).toEqual(['1 request at the server, and no read of a page has met a rule.'])
  const rules = [['/api/a', 10, 7, 2, 1, 1, 900] as const, ['/api/b/:id', 2, 0, 1, 1, 0, 0] as const]
  asked.hear(JSON.stringify({ isBefore: false, rules }))
  expect(linesOfRules(recorded(4), asked)).toEqual([
    'rule         reads  validations  304s  while away',
    '/api/a      10 → 2            2     1           1',
    '/api/b/:id   2 → 2            1     1           0',
    'in all      12 → 4',
    '',
    'reads: asked by the pages → sent to the server. while away: answered from store because the server was away.',
    '4 requests at the server, files included.',
  ])
})
