import { afterEach, describe, expect, it, vi } from 'vitest'
import { askOrigin, outgoing } from './origin.ts'

type Says = number | 'failure' | readonly [status: number, retryAfter: string]

/** What the origin says to one attempt after another. */
function originSays(says: readonly Says[]): { readonly attempts: () => number } {
  const left = [...says]
  vi.stubGlobal('navigator', { onLine: true })
  // No wait between two attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  const answer = vi.fn<() => Promise<Response>>(() => {
    const [said] = left.splice(0, 1)
    if (said === undefined || said === 'failure') return Promise.reject(new TypeError('Failed to fetch'))
    if (typeof said === 'number') return Promise.resolve(new Response('', { status: said }))
    const [status, later] = said
    return Promise.resolve(new Response('', { status, headers: { 'retry-after': later } }))
  })
  vi.stubGlobal('fetch', answer)
  return { attempts: () => answer.mock.calls.length }
}

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const ask = (retries: number | undefined): Promise<number | 'failure'> =>
  askOrigin(() => new Request('https://app.test/api/items'), retries).then(
    ({ status }) => status,
    () => 'failure',
  )

describe('a read that the origin does not answer well', () => {
  it.each<[rule: string, retries: number | undefined, says: readonly Says[], got: number | 'failure', sent: number]>([
    ['is sent once more where the network failed', undefined, ['failure', 200], 200, 2],
    ['is not sent a third time', undefined, ['failure', 'failure', 200], 'failure', 2],
    ['is not sent again after a 502', undefined, [502, 200], 502, 1],
    ['is not sent again after a 503', undefined, [503, 200], 503, 1],
    ['is not sent again after a 504', undefined, [504, 200], 504, 1],
    ['is sent again after a 503 that says when', undefined, [[503, '0'], 200], 200, 2],
    ['is sent once more at most after a 503 that says when', undefined, [[503, '0'], [503, '0'], 200], 503, 2],
    ['is not sent again where that would be too late', undefined, [[503, '60'], 200], 503, 1],
    ['is sent again after a 503 where the rule says so', 1, [503, 200], 200, 2],
    ['is sent as often as the rule says', 2, [503, 'failure', 200], 200, 3],
    ['is not sent again where the rule says so', 0, [[503, '0'], 200], 503, 1],
    ['is not sent again after a failure where the rule says so', 0, ['failure', 200], 'failure', 1],
    ['is not sent again after another error', 3, [500, 200], 500, 1],
  ])('%s', async (_, retries, says, got, sent) => {
    const { attempts } = originSays(says)
    expect(await ask(retries)).toBe(got)
    expect(attempts()).toBe(sent)
  })
})

describe('the cache mode of a request to the origin', () => {
  const CONDITION = [['if-none-match', '"1"']] as const
  const cacheOf = ({
    url = 'https://app.test/x',
    mode = 'cors' as RequestMode,
    to = '',
    isShared = true,
    asks = false,
  }) => {
    vi.stubGlobal('location', { origin: 'https://app.test' })
    const request = Object.defineProperty(new Request(url, { mode }), 'destination', { value: to })
    return outgoing(request, asks ? CONDITION : [], undefined, isShared).cache
  }

  it.each<[what: string, asked: Parameters<typeof cacheOf>[0], cache: RequestCache]>([
    ['data', {}, 'no-store'],
    ['data of another origin', { url: 'https://cdn.test/x' }, 'no-cache'],
    ['a script for all users', { to: 'script' }, 'no-cache'],
    ['a script for all users that is stored here', { to: 'script', asks: true }, 'no-store'],
    ['a script of one user', { to: 'script', isShared: false }, 'no-store'],
    ['an image for all users, stored or not', { to: 'image', mode: 'no-cors', asks: true }, 'no-cache'],
    ['an image of one user', { to: 'image', mode: 'no-cors', isShared: false }, 'no-store'],
  ])('%s', (_, asked, cache) => expect(cacheOf(asked)).toBe(cache))
})
