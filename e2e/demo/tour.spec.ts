import config from '../../config/freshlayer.config.ts'
import { compileRules, matcherOf } from '../../config/language/index.ts'
import { expect, signIn, test } from '../support/demo.ts'
import type { Recorded } from '../support/recording-proxy.ts'
import { tour } from './tour.ts'

const match = matcherOf(compileRules(config))

/** How long an answer is fresh by the demo's rules; 0 where none says so. */
function freshMs({ method, path }: Recorded): number {
  const { origin, pathname, search } = new URL(path, 'http://shop.example')
  const found = match({ method, origin, sameOrigin: true, pathname, search })
  return found?.kind === 'read' && found.rule.fresh !== 'http' ? found.rule.fresh * 1000 : 0
}

test('a second tour sends at most a fifth of the first one’s requests, and none for what is still fresh', async ({
  page,
  origin,
}) => {
  test.setTimeout(90_000)
  await signIn(page, 'ada')
  const before = origin.api.length
  const visited = await tour(page)
  const first = origin.api.slice(before)
  expect(await tour(page)).toEqual(visited)
  const second = origin.api.slice(before + first.length)

  const early = second.filter((request) => {
    const earlier = origin.api.filter(({ path, atMs }) => path === request.path && atMs < request.atMs)
    const readAtMs = earlier.at(-1)?.atMs
    return readAtMs !== undefined && request.atMs - readAtMs < freshMs(request)
  })
  console.log(`API requests: first tour ${first.length}, second tour ${second.length}`)
  expect(early.map(({ method, path }) => `${method} ${path}`)).toEqual([])
  expect(first.length).toBeGreaterThanOrEqual(20)
  expect(second.length).toBeLessThanOrEqual(first.length * 0.2)
})
