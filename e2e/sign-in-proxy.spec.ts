import type { Page } from '@playwright/test'
import { ScriptedOrigin } from './support/scripted-origin.ts'
import { controlled, expect, read, test } from './support/test.ts'

/** A sign-in at an origin of its own, which shares nothing with others. */
async function signInOrigin(): Promise<ScriptedOrigin> {
  const other = new ScriptedOrigin()
  await other.start()
  other.on('/sign-in', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>sign in</title>')
  })
  return other
}

const state = (page: Page): Promise<object> =>
  page.evaluate(() => {
    const { offline, signInNeeded } = window.layer.state
    return { offline, signInNeeded }
  })

const NEEDED = { offline: false, signInNeeded: true }
const WELL = { offline: false, signInNeeded: false }

test('a sign-in proxy whose session has run out is not taken for a dead network, and ends with the sign-in', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const other = await signInOrigin()
  let value = 1
  origin.json('/api/always/1', () => ({ value }))
  const [page, tab] = [await open(), await open()]
  await read(page, '/api/always/1')
  expect([await state(page), await state(tab)]).toEqual([WELL, WELL])

  origin.signIn = `${other.url}/sign-in`
  const standIn = await read(page, '/api/always/1')
  expect(standIn.text).toBe('{"value":1}')
  await expect.poll(() => state(page)).toEqual(NEEDED)
  await expect.poll(() => state(tab)).toEqual(NEEDED)
  // The tabs ask again and again whether the user is back; the sign-in is not asked each time.
  await expect.poll(() => origin.received.filter(({ method }) => method === 'HEAD').length).toBeGreaterThan(2)
  expect(other.of('/sign-in')).toHaveLength(1)

  await page.reload()
  expect(page.url()).toBe(`${other.url}/sign-in`)
  expect(await page.title()).toBe('sign in')

  origin.signIn = undefined
  value = 2
  await page.goto(origin.url)
  await controlled(page)
  expect((await read(page, '/api/always/1')).text).toBe('{"value":2}')
  await expect.poll(() => state(page)).toEqual(WELL)
  await expect.poll(() => state(tab)).toEqual(WELL)
  await expect.poll(() => tab.evaluate(() => window.heard.some(({ kind }) => kind === 'reset'))).toBe(true)
  await other.stop()
})

test('a page load gets to the sign-in although its redirect takes longer than a page load may', async ({
  origin,
  open,
}) => {
  origin.withShell()
  const other = await signInOrigin()
  const page = await open()
  origin.signIn = `${other.url}/sign-in`
  await expect(read(page, '/api/always/1')).rejects.toThrow('Failed to fetch')
  await expect.poll(() => state(page)).toEqual(NEEDED)

  let isLate = false
  origin.on('/late', (_request, response) => {
    setTimeout(() => {
      isLate = true
      response.writeHead(302, { location: `${other.url}/sign-in` }).end()
    }, 1500)
  })
  origin.on('/api/always/1', (_request, response) => void response.writeHead(302, { location: other.url }).end())
  origin.signIn = undefined
  await page.goto(`${origin.url}/late`)
  expect([page.url(), isLate]).toEqual([`${other.url}/sign-in`, true])
  await other.stop()
})

test('a read that another origin does not share is no word on the others', async ({ origin, open }) => {
  const other = await signInOrigin()
  origin.json('/api/always/well', () => ({ value: 1 }))
  origin.on('/api/always/led', (_request, response) => {
    response.writeHead(302, { location: `${other.url}/sign-in` }).end()
  })
  const page = await open()
  const states = await page.evaluateHandle(() => {
    const heard: boolean[] = []
    window.layer.on('state', ({ signInNeeded }) => heard.push(signInNeeded))
    return heard
  })
  for (let round = 0; round < 3; round++) {
    await expect(read(page, '/api/always/led')).rejects.toThrow('Failed to fetch')
    if (round === 0) await expect.poll(() => states.jsonValue()).toEqual([true])
    await read(page, '/api/always/well')
    await expect.poll(() => states.jsonValue()).toEqual([true, false])
  }
  await other.stop()
})
