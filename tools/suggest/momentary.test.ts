import { describe, expect, it } from 'vitest'
import type { Route } from '../../config/language/index.ts'
import { analyse, propose, simulate } from './index.ts'
import { recorded, token, type Written } from './recorded.fixture.ts'

/** As in the fixture: the recordings begin then. */
const BEGIN = Date.parse('2026-11-30T10:00:00Z')

type Reads = readonly (readonly [at: number, body: unknown, written?: Written])[]

const recordingOf = (reads: Reads): ReturnType<typeof recorded> =>
  recorded(...reads.map(([at, body, written]) => ['/api/a', { at, body, ...written }] as const))

function proposed(reads: Reads): { readonly route: Route; readonly text: string } {
  const { config, text } = propose(analyse(recordingOf(reads)))
  const route = config.routes.find(({ match }) => match === '/api/a')
  if (route === undefined) throw new Error('no route')
  return { route, text: text.replaceAll(/\n\s*\/\/ /g, ' ') }
}

const at = (seconds: number): number => BEGIN + seconds * 1000
const iso = (seconds: number): string => new Date(at(seconds)).toISOString()
/** Reads at these seconds, each with the body of its second. */
const reads = (bodyAt: (seconds: number) => unknown, ...seconds: readonly number[]): Reads =>
  seconds.map((second) => [second, bodyAt(second)] as const)

describe('members that hold the moment of the answer', () => {
  it.each<[string, (seconds: number) => unknown, string[]]>([
    ['milliseconds', (s) => ({ a: 1, now: at(s) + 40 }), ['now']],
    ['seconds', (s) => ({ a: 1, meta: { time: Math.floor(at(s) / 1000) } }), ['meta.time']],
    ['a date by ISO 8601', (s) => ({ a: 1, serverTimestamp: iso(s + 0.2) }), ['serverTimestamp']],
    ['a date of HTTP', (s) => ({ a: 1, date: new Date(at(s)).toUTCString() }), ['date']],
    ['the number of the request', (s) => ({ a: 1, requestId: `3f2a9c0e-${s}` }), ['requestId']],
    ['two of them', (s) => ({ a: 1, now: at(s), trace_id: `4bf92f3577b34da6${s}` }), ['now', 'trace_id']],
    [
      'one in each item',
      (s) => [
        { id: 1, seen: iso(s) },
        { id: 2, seen: iso(s) },
      ],
      ['*.seen'],
    ],
    ['a name with a dot', (s) => ({ '@server.time': iso(s) }), [String.raw`@server\.time`]],
  ])('are left out of the comparison: %s', (_, bodyAt, members) => {
    const { route, text } = proposed(reads(bodyAt, 0, 20, 45))
    expect(route).toMatchObject({ fresh: '30s', stale: '1d', ignoreInDiff: members })
    expect(text).toContain('Each answer holds the moment')
    expect(text).toContain('another one in 2 repeated reads')
    expect(text).toContain('Seen unchanged for 45 s')
  })

  it('leave what changes beside them a change', () => {
    const { route } = proposed(reads((s) => ({ price: s < 30 ? 1 : 2, now: at(s) }), 0, 20, 40, 60))
    expect(route).toMatchObject({ fresh: '10s', stale: '10m', ignoreInDiff: ['now'] })
  })

  it.each<[string, Reads]>([
    ['a time of the past', reads((s) => ({ updatedAt: iso(s - 3600) }), 0, 20, 45)],
    [
      'a time that stands still',
      [
        [0, { updatedAt: iso(0), n: 1 }],
        [20, { updatedAt: iso(0), n: 2 }],
        [45, { updatedAt: iso(45), n: 3 }],
      ],
    ],
    ['a time that goes otherwise', reads((s) => ({ updatedAt: iso(s * 0.8) }), 0, 20, 45)],
    ['when something ends', reads((s) => ({ expiresAt: iso(s + 60) }), 0, 20, 45)],
    ['a secret of the moment', reads((s) => ({ csrfToken: at(s) }), 0, 20, 45)],
    ['a counter', reads((s) => ({ visitors: 1000 + s }), 0, 20, 45)],
    ['an id that is no request’s', reads((s) => ({ id: `3f2a9c0e-${s}` }), 0, 20, 45)],
    ['one of some items', reads((s) => [{ seen: iso(s) }, { seen: iso(0) }], 0, 20, 45)],
    [
      'many of them',
      reads((s) => Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`bus${n}`, iso(s)])), 0, 20, 45),
    ],
    ['a body that is the time', reads((s) => at(s), 0, 20, 45)],
    ['a list that holds the time alone', reads((s) => [at(s)], 0, 20, 45)],
    ['a member that no path can name', reads((s) => ({ a: 1, '': at(s) }), 0, 20, 45)],
    ['one member among others that no path can name', reads((s) => ({ '**': { now: at(s) } }), 0, 20, 45)],
    ['of one pair within moments', reads((s) => ({ now: at(s) }), 0, 2)],
    ['an answer that is no JSON', reads((s) => `now: ${at(s)}`, 0, 20, 45)],
    [
      'an answer that is too long to be kept',
      reads((s) => ({ now: at(s), text: 'x'.repeat(300_000) }), 0, 20, 45).map(([s, body]) => [
        s,
        null,
        { says: { etag: `"${s}${JSON.stringify(body).length}"` } },
      ]),
    ],
  ])('are not: %s', (_, given) => {
    const { route } = proposed(given)
    expect(route.ignoreInDiff).toBeUndefined()
    expect(route.fresh).toBe(0)
  })

  it('are found by the server’s own clock, where it says that it is another', () => {
    const skew = 7200
    const says = (s: number): Written => ({ says: { date: new Date(at(s + skew)).toUTCString() } })
    const bodies = reads((s) => ({ now: at(s + skew) }), 0, 20, 45)
    expect(proposed(bodies.map(([s, body]) => [s, body, says(s)])).route.ignoreInDiff).toEqual(['now'])
    expect(proposed(bodies).route.ignoreInDiff).toBeUndefined()
  })

  it('do not make the answers of two users differ', () => {
    const of = (user: string, ...seconds: readonly number[]): Reads =>
      reads((s) => ({ theme: user, now: at(s) }), ...seconds).map(([s, body]) => [s, body, { asks: token(user) }])
    expect(proposed([...of('ada', 0, 20, 45), ...of('bob', 50, 70)]).text).toContain('Another token got another answer')
    const same = (user: string, ...seconds: readonly number[]): Reads =>
      reads((s) => ({ theme: 'dark', now: at(s) }), ...seconds).map(([s, body]) => [s, body, { asks: token(user) }])
    expect(proposed([...same('ada', 0, 20, 45), ...same('bob', 50, 70)]).text).toContain(
      'gave the same to several users',
    )
  })

  it('save the requests in the replay that the windows save', () => {
    const recording = recordingOf(reads((s) => ({ now: at(s) }), 0, 5, 12, 14, 40, 45))
    const { config } = propose(analyse(recording))
    expect(config.routes[0]?.fresh).toBe('30s')
    expect(simulate(recording, config).total).toMatchObject({ before: 6, after: 2 })
  })
})
