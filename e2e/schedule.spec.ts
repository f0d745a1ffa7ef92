import type { Page } from '@playwright/test'
import type { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, stopWorkers, test } from './support/test.ts'

const USERS = ['ada', 'grace', 'edsger'] as const
type User = (typeof USERS)[number]
const PATHS = ['/api/own', '/api/own/2', '/api/large']

const SEED = Number(process.env['SEED'])
const STEPS = Number(process.env['STEPS'] ?? 200)

/** Numbers that a seed decides (mulberry32). */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

for (const by of ['echo', 'identify'] as const) {
  test(`three users at three tabs, told apart by ${by}: never one byte of another`, async ({ origin, open }) => {
    test.setTimeout(STEPS * 250 + 60_000)
    console.log(`SEED=${SEED} STEPS=${STEPS}`)
    await play(by, origin, open)
  })
}

async function play(
  by: 'echo' | 'identify',
  origin: ScriptedOrigin,
  open: (path?: string) => Promise<Page>,
): Promise<void> {
  origin.withUsers(by)
  const roll = dice(SEED)
  const one = <T>(of: readonly T[]): T => of[roll(of.length)]!

  /** Whose session the browser's cookie is. */
  let session: User | undefined
  let isAway = false
  let held: (() => void)[] = []
  let isHeld = false
  for (const path of PATHS) {
    origin.on(path, async (request, response) => {
      if (isAway) return void request.socket.destroy()
      const user = request.headers.authorization?.replace('Bearer ', '') ?? session
      if (isHeld) await new Promise<void>((resolve) => held.push(resolve))
      if (user === undefined) return void response.writeHead(401).end('nobody')
      const filler = path === '/api/large' ? 'x'.repeat(40_000) : ''
      // Every user's answer has the same tag: only the partition tells them apart.
      if (request.headers['if-none-match'] === '"same"') {
        return void response.writeHead(304, { 'x-user': user, etag: '"same"' }).end()
      }
      response.writeHead(200, { 'content-type': 'application/json', 'x-user': user, etag: '"same"' })
      response.end(JSON.stringify({ secret: `of ${user}`, filler }))
    })
  }
  origin.on('/api/session', async (request, response) => {
    if (isAway) return void request.socket.destroy()
    const name = String(request.headers['x-name'])
    session = request.method === 'DELETE' ? undefined : (name as User)
    response.writeHead(204).end()
  })

  const path = by === 'echo' ? '/' : '/named/'
  const tabs: Page[] = [await open(path), await open(path), await open(path)]
  const read = (tab: Page, path: string, token?: User): Promise<string> =>
    tab.evaluate(
      ([path, token]) =>
        fetch(path, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }).then(
          async (response) => (response.ok ? response.text() : String(response.status)),
          String,
        ),
      [path, token] as const,
    )
  const write = (tab: Page, method: string, name = ''): Promise<unknown> =>
    tab.evaluate(
      async ([method, name]) => {
        const status = await fetch('/api/session', { method, headers: { 'x-name': name } }).then(
          (response) => response.status,
          String,
        )
        if (status !== 204 || !location.pathname.startsWith('/named/')) return
        // As apps do: this page knows at once, the others when they are loaded again.
        if (name === '') localStorage.removeItem('user')
        else localStorage.setItem('user', name)
        await window.layer.identify(name === '' ? null : name)
      },
      [method, name] as const,
    )
  /** What was done, for who has to find out why. */
  const trace: string[] = []
  /** An answer may be missing, but never another's. */
  const check = (step: number, what: string, text: string, user: User | undefined): void => {
    const others = USERS.filter((other) => other !== user && text.includes(`of ${other}`))
    expect(
      others,
      `step ${step}: ${what}, signed in: ${user ?? 'nobody'}, seen: ${text.slice(0, 60)}\n${trace.slice(-12).join('\n')}`,
    ).toEqual([])
    expect(text, `step ${step}: ${what}: no page asked on a condition`).not.toBe('304')
  }

  const counts = { reads: 0, shown: 0, sessions: 0, held: 0, stops: 0 }
  for (let step = 1; step <= STEPS; step++) {
    const tab = one(tabs)
    const kind = roll(100)
    trace.push(`${step}: tab ${tabs.indexOf(tab)}, ${kind}, signed in ${session ?? 'nobody'}${isAway ? ', away' : ''}`)
    if (kind < 60) {
      const texts = await Promise.all(PATHS.slice(0, 1 + roll(3)).map((path) => read(tab, path)))
      for (const text of texts) {
        check(step, 'a read', text, session)
        counts.reads++
        if (text.includes('of ')) counts.shown++
      }
    } else if (kind < 72) {
      const user = one(USERS)
      check(step, `a read with ${user}’s token`, await read(tab, one(PATHS), user), user)
    } else if (kind < 82) {
      counts.sessions++
      await write(tab, 'POST', one(USERS))
    } else if (kind < 88) {
      counts.sessions++
      if (roll(2) === 0) await write(tab, 'DELETE')
      else {
        if (!isAway) session = undefined
        else continue
        await tab.evaluate(async () => {
          localStorage.removeItem('user')
          await window.layer.signOut()
        })
      }
    } else if (kind < 93) {
      // A read that is under way while the session changes: what it asked for is not shown afterwards.
      if (isAway) continue
      counts.held++
      isHeld = true
      const path = one(PATHS)
      const slow = read(tab, path)
      const early = await Promise.race([slow, expect.poll(() => held.length).toBeGreaterThan(0)])
      isHeld = false
      if (typeof early === 'string') {
        // From store, while it still was their own.
        check(step, 'a quick read', early, session)
        continue
      }
      const next = one(USERS)
      await write(one(tabs), 'POST', next)
      for (const release of held) release()
      held = []
      check(step, 'a slow read', await slow, next)
    } else if (kind < 96) {
      counts.stops++
      await stopWorkers(tab)
    } else if (kind < 98) isAway = !isAway
    else await tab.reload()
  }
  isAway = false
  await tabs[0]!.evaluate(async () => {
    localStorage.removeItem('user')
    await window.layer.signOut()
  })
  session = undefined
  for (const tab of tabs) check(STEPS, 'a read after the last sign-out', await read(tab, PATHS[0]!), undefined)
  console.log(
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  )
  // A short schedule may be away, or signed out, for most of it.
  expect(counts.shown).toBeGreaterThan(STEPS < 1000 ? 0 : STEPS / 10)
}
