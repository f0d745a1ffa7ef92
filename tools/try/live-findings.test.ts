import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { LiveFindings } from './live-findings.ts'
import { Recorder } from './recorder.ts'

const ask = (recorder: Recorder, url: string): void => {
  const made = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url, headers: {} })
  const answer = Object.assign(new IncomingMessage(new Socket()), {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
  })
  answer.push('{}')
  answer.push(null)
  recorder.begin(made).answered(answer)
}

it('says what a long recording says, and the event loop goes on meanwhile', async () => {
  const recorder = new Recorder('http://app.example')
  const findings = new LiveFindings(recorder)
  onTestFinished(() => findings.close())
  expect(await findings.latest()).toBeUndefined()
  for (let count = 0; count < 20_000; count++) ask(recorder, `/api/items/${count % 2000}`)
  await vi.waitFor(() => expect(recorder.recording().exchanges.every(({ isComplete }) => isComplete)).toBe(true))
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  const found = await findings.latest()
  clearInterval(turning)
  expect(found?.findings.requests).toBe(20_000)
  // An analysis on this thread would leave it no turn at all.
  expect(turns).toBeGreaterThan(10)
  expect(findings.current).toBe(found)
})

it('says what has come since, again and again', async () => {
  const recorder = new Recorder('http://app.example')
  const findings = new LiveFindings(recorder)
  onTestFinished(() => findings.close())
  for (let count = 1; count <= 4; count++) {
    ask(recorder, `/api/items/${count}`)
    expect((await findings.latest())?.findings.requests).toBe(count)
  }
})
