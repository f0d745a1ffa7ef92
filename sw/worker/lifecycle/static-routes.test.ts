import { beforeEach, describe, expect, it, vi } from 'vitest'
import { compileRules, type Route } from '../../../config/language/index.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
vi.stubGlobal('registration', { scope: 'https://app.test/' })
const { addStaticRoutes } = await import('./static-routes.ts')
const { racesOf } = await import('./races.ts')

interface Added {
  readonly condition: { readonly urlPattern?: { readonly hostname: string; readonly pathname: string } }
  readonly source: unknown
}

const addRoutes = vi.fn<(routes: readonly Added[]) => Promise<void>>(() => Promise.resolve())
beforeEach(() => void addRoutes.mockClear())

/** What the browser is told before the last route, by path and source. */
async function told(routes: readonly Route[]): Promise<(readonly [string | undefined, unknown])[]> {
  const rules = compileRules({ version: '1', identity: 'none', routes })
  await addStaticRoutes({ addRoutes } as never, rules, undefined, racesOf(rules))
  const added = addRoutes.mock.calls[0]?.[0] ?? []
  return added.slice(0, -1).map(({ condition, source }) => [condition.urlPattern?.pathname, source])
}

const RACE = 'race-network-and-fetch-handler'

describe('the race of network and worker', () => {
  it('is not asked for by rules that do not say so', async () => {
    expect(await told([{ match: '/api/a' }, { match: '/api/b', race: false }])).toEqual([])
  })

  it('is for GET and a stopped worker, and never for a page load', async () => {
    await told([{ match: 'https://api.test/a', race: true }])
    expect(addRoutes.mock.calls[0]?.[0].slice(0, -1)).toEqual([
      { condition: { requestMode: 'navigate' }, source: 'fetch-event' },
      {
        condition: {
          urlPattern: { protocol: 'https', hostname: 'api.test', port: '', pathname: '/a' },
          requestMethod: 'GET',
          runningStatus: 'not-running',
        },
        source: RACE,
      },
    ])
  })

  it('leaves what an earlier rule matches to the worker, and says nothing of later rules', async () => {
    const routes = [{ match: '/api/me' }, { match: ['/api/a', '/api/**'], race: true }, { match: '/other' }]
    expect(await told(routes)).toEqual([
      [undefined, 'fetch-event'],
      ['/api/me', 'fetch-event'],
      ['/api/a', RACE],
      ['/api{/*}?', RACE],
    ])
  })

  it.each<[match: string, raced: string, left: string]>([
    ['/a/:id/b/:other', '/a/:p0/b/:p1', '/a/:p0/b/:p1'],
    ['/a/:id.json', '/a/:p0.json', '/a/:p0.json'],
    ['/a/*/b', '/a/:p0/b', '/a/:p0/b'],
    ['/a/*.csv', '/a/:p0.csv', '/a/*.csv'],
    ['/a/**', '/a{/*}?', '/a{/*}?'],
    ['/a(b)', '/a\\(b\\)', '/a\\(b\\)'],
  ])('covers no more than its pattern, and what is left to the worker no less: %s', async (match, raced, left) => {
    const paths = await told([{ match }, { match, race: true }])
    expect(paths.map(([path]) => path)).toEqual([undefined, left, raced])
  })
})

it('leaves a path with percent-encoding to the worker, on each origin of the rules: a rule may match it', async () => {
  const routes = [{ match: ['/api/a', '/api/b', 'https://api.test/a'] }]
  await addStaticRoutes({ addRoutes } as never, compileRules({ version: '1', identity: 'none', routes }), undefined)
  const network = addRoutes.mock.calls[0]?.[0].at(-1) as unknown as {
    condition: { not: { or: Added['condition'][] } }
  }
  const encoded = network.condition.not.or.flatMap(({ urlPattern }) =>
    urlPattern?.pathname === '*%*' ? [urlPattern.hostname] : [],
  )
  expect(encoded).toEqual(['app.test', 'api.test'])
})
