import { controlled, expect, read, test } from './support/test.ts'

test('an app that renews its session at each start opens with its data where the server is out of reach', async ({
  origin,
  open,
}) => {
  origin.withUsers('words')
  let renewed = 0
  let isAway = false
  const ofAda = (body: () => object): void => {
    for (const path of ['/auth/refresh', '/api/own']) {
      origin.on(path, ({ method, headers, socket }, response) => {
        if (isAway) return void socket.destroy()
        const isRefused = method === 'GET' && headers['x-session'] !== `of ada ${renewed}`
        const answer = method === 'POST' ? { user: 'ada', session: `of ada ${++renewed}` } : body()
        response
          .writeHead(isRefused ? 401 : 200, { 'content-type': 'application/json', 'cache-control': 'no-cache' })
          .end(JSON.stringify(answer))
      })
    }
  }
  ofAda(() => ({ patients: 3 }))
  const page = await open('/named/boot')
  const boot = async (): Promise<{ own: string; how: string | null }> => {
    const session = await page.evaluate(async () => {
      const response = await fetch('/auth/refresh', { method: 'POST', body: '{}' })
      const { user, session } = (await response.json()) as { user: string; session: string }
      localStorage.setItem('user', user)
      await window.layer.identify(user)
      return session
    })
    const { text, headers } = await read(page, '/api/own', { headers: { 'x-session': session } })
    return { own: text, how: headers['cache-status'] ?? null }
  }
  const restart = (): Promise<void> => page.reload().then(() => controlled(page))

  await boot()
  await restart()
  expect((await boot()).own).toBe('{"patients":3}')
  await expect
    .poll(() => page.evaluate(() => window.layer.explain('/api/own').then(({ state }) => state)))
    .toBe('fresh')
  isAway = true
  await restart()
  expect(await boot()).toEqual({ own: '{"patients":3}', how: expect.stringMatching(/^Freshlayer; /) })
  expect(renewed).toBe(2)
  // The server is back: the next start has a new session, not a stored one.
  isAway = false
  await restart()
  await boot()
  expect(renewed).toBe(3)
})
