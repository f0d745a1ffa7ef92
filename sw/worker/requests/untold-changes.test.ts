import { expect, test, vi } from 'vitest'
import { next, worker } from './worker.fixture.ts'

const beganMs = Date.now()
let passedMs = 0
vi.spyOn(Date, 'now').mockImplementation(() => beganMs + passedMs)
vi.spyOn(performance, 'now').mockImplementation(() => 1000 + passedMs)

/** Validations, as by polls, and how many changes the tabs have been told of. */
async function strict() {
  const of = await worker({})
  of.store.writer.activate()
  let asked = 0
  let tag = ''
  return {
    /** @param body that of the origin's answer; undefined: it answers 304. */
    read: async (body: string | undefined): Promise<void> => {
      const answer: Promise<unknown> = asked === 0 ? of.read({}, {}) : of.refresh()
      const { answer: give } = await next(of, asked++)
      tag = body === undefined ? tag : `"${body}"`
      const headers = { etag: tag, 'cache-control': 'no-cache' }
      give(body === undefined ? new Response(null, { status: 304, headers }) : new Response(body, { headers }))
      await answer
      for (let at = 0; at < of.behind.length; at++) await of.behind[at]
    },
    told: (): number =>
      of.told.filter((change) => (change as { kind?: string } | undefined)?.kind === 'changed').length,
  }
}

test.each([
  ['an answer that says that it holds', undefined],
  ['the same answer once more', 'c'],
])('a change right after another one is told with %s', async (_, last) => {
  const { read, told } = await strict()
  await read('a')
  passedMs += 5000
  await read('b')
  expect(told()).toBe(1)
  passedMs += 1000
  await read('c')
  expect(told()).toBe(1)
  passedMs += 1500
  await read(last)
  // A validation does not wait for the disk.
  await vi.waitFor(() => expect(told()).toBe(2))
  passedMs += 5000
  await read(last)
  expect(told()).toBe(2)
})

test('answers that are made anew each time are told once in two seconds', async () => {
  const { read, told } = await strict()
  for (let at = 0; at < 41; at++) {
    await read(String(at))
    passedMs += 100
  }
  expect(told()).toBe(2)
})
