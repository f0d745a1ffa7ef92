import { ScriptedOrigin } from './support/scripted-origin.ts'
import { expect, read, test } from './support/test.ts'

test('another origin is validated without a preflight that the page did not cause', async ({ origin, open }) => {
  const api = new ScriptedOrigin()
  await api.start()
  origin.script = origin.script.replaceAll('http://other-origin.test', api.url)
  let value = 1
  const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag' }
  api.json('/v1/items', () => ({ value }), cors)
  const page = await open()
  const url = `${api.url}/v1/items`
  expect((await read(page, url)).text).toBe('{"value":1}')
  expect((await read(page, url)).text).toBe('{"value":1}')
  value = 2
  expect((await read(page, url)).text).toBe('{"value":2}')
  expect(api.of('/v1/items').map(({ method }) => method)).toEqual(['GET', 'GET', 'GET'])
  expect(api.of('/v1/items')[1]?.headers['if-none-match']).toBeDefined()
  expect(api.of('/v1/items')[1]?.status).toBe(304)
  await api.stop()
  const standIn = await read(page, url)
  expect(standIn.text).toBe('{"value":2}')
})

test('a write to another origin whose answer the page may not see counts as written', async ({ origin, open }) => {
  const api = new ScriptedOrigin()
  await api.start()
  origin.script = origin.script.replaceAll('http://other-origin.test', api.url)
  api.on('/v1/items', (_request, response) => void response.end())
  const page = await open()
  const url = `${api.url}/v1/items`
  expect(
    await page.evaluate((url) => fetch(url, { method: 'POST', mode: 'no-cors' }).then(({ type }) => type), url),
  ).toBe('opaque')
  await expect
    .poll(() =>
      page.evaluate(() => window.heard.filter(({ kind }) => kind === 'invalidated').flatMap(({ urls }) => urls)),
    )
    .toEqual([url])
  await api.stop()
})

test('a write to an origin that is an address is sent', async ({ origin, open }) => {
  const api = new ScriptedOrigin()
  await api.start()
  const url = `http://[::ffff:7f00:1]:${api.port}`
  origin.script = origin.script.replaceAll('http://other-origin.test', url)
  api.on('/v1/items', (_request, response) => void response.setHeader('access-control-allow-origin', '*').end())
  const page = await open()
  expect(
    await page.evaluate((url) => fetch(url, { method: 'POST' }).then(({ status }) => status), `${url}/v1/items`),
  ).toBe(200)
  await api.stop()
})
