import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { buildWorker } from '../../tools/build/build-worker.ts'
import { readHar } from '../../tools/recording/har.ts'
import { analyse, propose, simulate } from '../../tools/suggest/index.ts'
import { expect, heading, PEOPLE, type Person, type SignedInBy, signOut, test } from '../support/demo.ts'
import { tour } from './tour.ts'

const folder = mkdtempSync(join(tmpdir(), 'freshlayer-suggest-'))
test.afterAll(() => rmSync(folder, { recursive: true }))

/** As on any app: no worker is there yet. */
async function signInWithoutLayer(page: Page, person: Person, by: SignedInBy): Promise<void> {
  const { email, password, lands } = PEOPLE[person]
  await page.goto('/')
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByLabel(by).check()
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(heading(page)).toHaveText(lands)
}

for (const [by, identity] of [
  ['Bearer token', { by: ['authorization'] }],
  ['Session cookie', { by: ['identify'] }],
] as const) {
  test(`rules from a recording of two users (${by}) pass the check, share nothing personal and answer offline`, async ({
    browser,
    origin,
  }) => {
    test.setTimeout(240_000)
    const har = join(folder, `${by}.har`)
    const context = await browser.newContext({
      baseURL: origin.url,
      serviceWorkers: 'block',
      recordHar: { path: har, content: 'embed' },
    })
    const page = await context.newPage()
    for (const person of ['ada', 'grace'] as const) {
      await signInWithoutLayer(page, person, by)
      await tour(page)
      await signOut(page)
    }
    await context.close()

    const recording = await readHar(har)
    const findings = analyse(recording)
    const { config, text, warnings } = propose(findings)
    expect(recording.origin).toBe(origin.url)
    expect(warnings).toEqual([])
    expect(config.identity).toEqual(identity)
    expect(config.shell).toBe('/')

    const personal = findings.routes.filter(({ whose }) => whose === 'differs').map(({ match }) => match)
    expect(personal).toEqual(expect.arrayContaining(['/api/me/preferences', '/api/me/tasks', '/api/sales']))
    const shared = config.routes.filter((route) => route.public === true).map(({ match }) => match)
    expect(shared.filter((match) => String(match).startsWith('/api/'))).toEqual([])

    // The till says no-store, and the session is the server's alone.
    const matches = config.routes.map(({ match }) => match)
    expect(matches).not.toContain('/api/till')
    expect(matches).not.toContain('/api/session')
    expect(matches).toEqual(expect.arrayContaining(['/api/products', '/api/products/:id', '/api/sales/:id']))
    expect(config.writes).toEqual(
      expect.arrayContaining([
        { match: 'POST /api/session', session: 'sign-in' },
        { match: 'DELETE /api/session', session: 'sign-out' },
      ]),
    )

    const { total, routes } = simulate(recording, config)
    console.log(
      `${by}: ${total.before} requests recorded, ${total.after} with the rules, ${total.behind} of them behind`,
    )
    expect(total.after - total.behind).toBeLessThan(total.before)
    expect(routes.filter(({ offline }) => offline === 0).map(({ name }) => name)).toEqual([])

    const rules = join(folder, 'freshlayer.config.ts')
    writeFileSync(rules, text.replace("'freshlayer/config'", `'${resolve('config/index.ts')}'`))
    expect(await buildWorker({ config: rules, out: join(folder, 'sw.js') })).toBeGreaterThan(0)
  })
}
