import { describe, expect, it } from 'vitest'
import { compileRules, type Identity, type RouteOptions } from '../../config/language/index.ts'
import type { Exchange } from './exchange.ts'
import type { Answers, Asker } from './answers.ts'
import { judge } from './judge.ts'

const DATE = 'Mon, 30 Nov 2026 00:00:00 GMT'
const AT = Date.parse(DATE)
const APP = 'https://app.example'

type Part = Omit<Partial<Exchange>, 'fields'> & { readonly fields?: Readonly<Record<string, string>> }

const answer = ({ fields = {}, ...part }: Part = {}): Exchange => ({
  status: 200,
  fields: new Map(Object.entries({ 'content-type': 'application/json', date: DATE, ...fields })),
  digest: 'a',
  size: 10,
  headMs: 5,
  firstByteMs: 6,
  endMs: 7,
  atMs: AT,
  ...part,
})

const TAG = { etag: '"1"' }
const SAME = answer({ status: 304, fields: TAG })

function asker(
  options: RouteOptions,
  { identity = 'none', ...more }: Partial<Omit<Asker, 'rule'>> & { identity?: Identity } = {},
): Asker {
  const rules = compileRules({ version: '1', identity, routes: [{ match: '/a', ...options }] })
  return { identity, headers: {}, rule: rules.routes[0], ...more }
}

const DURATION = { fresh: '5m', offline: '7d' } as const
const TOKEN = { identity: { by: ['authorization'] }, headers: { authorization: 'Bearer 1' } } as const

/** The codes of what is said, with their severities. */
const saidOf = (answers: Partial<Answers>, by: Asker): string[] =>
  judge({ url: 'http://api.test/a', plain: answer({ fields: TAG }), again: SAME, ...answers }, by).map(
    ({ severity, code }) => `${severity} ${code}`,
  )

/** A head, and no byte of a body. */
function silent(fields: Readonly<Record<string, string>>): Exchange {
  const { firstByteMs: _first, endMs: _end, ...head } = answer({ fields })
  return head
}

type Row = readonly [rule: string, answers: Partial<Answers>, asker: Asker, said: readonly string[]]

const plain = (fields: Readonly<Record<string, string>>, part: Part = {}): Answers['plain'] =>
  answer({ ...part, fields: { ...TAG, ...fields } })

const ROWS: readonly Row[] = [
  ['a backend that validates is fine', {}, asker(DURATION), []],
  ['an address without a rule is fine as well', {}, { ...asker(DURATION), rule: undefined }, []],
  ['404 needs another address', { plain: answer({ status: 404 }) }, asker(DURATION), ['warning status']],
  ['500 says nothing more', { plain: answer({ status: 500 }) }, asker(DURATION), ['warning status']],
  [
    '401 without credentials contradicts identity none',
    { plain: answer({ status: 401 }) },
    asker(DURATION),
    ['warning identity'],
  ],
  [
    '401 without credentials contradicts public',
    { plain: answer({ status: 401 }) },
    asker({ ...DURATION, public: true }, { identity: { by: ['identify'] } }),
    ['warning identity'],
  ],
  [
    '401 without credentials is what a personal rule expects',
    { plain: answer({ status: 401 }) },
    asker(DURATION, { identity: { by: ['authorization'] } }),
    ['hint sign-in'],
  ],
  ['401 to credentials doubts them', { plain: answer({ status: 401 }) }, asker(DURATION, TOKEN), ['warning refused']],
  [
    'a redirect to the same path but for its slash is stored',
    { plain: answer({ status: 307, fields: { location: '/a/' } }) },
    asker(DURATION),
    ['hint redirect'],
  ],
  [
    'a redirect to another path is not',
    { plain: answer({ status: 302, fields: { location: 'https://sign-in.test/' } }) },
    asker(DURATION),
    ['warning redirect'],
  ],
  ['no-store is said', { plain: plain({ 'cache-control': 'no-store' }) }, asker(DURATION), ['warning no-store']],
  ['Vary: * is said', { plain: plain({ vary: '*' }) }, asker(DURATION), ['warning vary']],
  ['a credential is said', { plain: plain({ 'x-auth-token': 'x' }) }, asker(DURATION), ['warning credential']],
  [
    'no-cache beside a duration is a hint',
    { plain: plain({ 'cache-control': 'no-cache' }) },
    asker(DURATION),
    ['hint overridden'],
  ],
  [
    'no-cache where HTTP decides leaves nothing fresh',
    { plain: plain({ 'cache-control': 'no-cache' }) },
    asker({}),
    ['warning no-freshness'],
  ],
  ['no lifetime where HTTP decides', {}, asker({}), ['warning no-freshness']],
  ['a lifetime where HTTP decides', { plain: plain({ 'cache-control': 'max-age=60' }) }, asker({}), []],
  [
    'no-cache where the rule trusts HTTP is obeyed silently',
    { plain: plain({ 'cache-control': 'no-cache' }) },
    asker({ ...DURATION, trust: 'http' }),
    [],
  ],
  ['a cookie is set', { plain: plain({ 'set-cookie': 'sid=1\nlang=en' }) }, asker(DURATION), ['hint set-cookie']],
  [
    'HTML where JSON is expected',
    { plain: plain({ 'content-type': 'text/html; charset=utf-8' }) },
    asker({ ...DURATION, expects: 'json' }),
    ['warning unexpected-type'],
  ],
  ['too large', { plain: answer({ fields: TAG, size: 40e6 }) }, asker(DURATION), ['warning too-large']],
  ['no validator', { plain: answer(), again: answer() }, asker(DURATION), ['hint no-validator']],
  ['a tag without quotes', { plain: answer({ fields: { etag: '1' } }) }, asker(DURATION), ['warning etag-invalid']],
  ['a tag that is not honoured', { again: answer({ fields: TAG }) }, asker(DURATION), ['warning not-honoured']],
  [
    'a date that is not honoured',
    { plain: answer({ fields: { 'last-modified': DATE } }), again: answer() },
    asker(DURATION),
    ['warning not-honoured'],
  ],
  [
    'a tag that changes with the same body',
    { again: answer({ fields: { etag: '"2"' } }) },
    asker(DURATION),
    ['warning etag-changes'],
  ],
  [
    'a body that changes',
    { again: answer({ digest: 'b', fields: { etag: '"2"' } }) },
    asker(DURATION),
    ['hint changing'],
  ],
  [
    'a tag that is weak by compression',
    { plain: plain({ etag: 'W/"1"', 'content-encoding': 'gzip' }), uncoded: answer({ fields: TAG }) },
    asker(DURATION),
    ['hint etag-weak'],
  ],
  [
    'a tag with a suffix by compression',
    { plain: plain({ etag: '"1-gzip"', 'content-encoding': 'gzip' }), uncoded: answer({ fields: TAG }) },
    asker(DURATION),
    ['hint etag-suffix'],
  ],
  [
    'two users differ, though all get the same',
    { other: answer({ digest: 'b' }) },
    asker(DURATION, { headers: TOKEN.headers }),
    ['problem leak', 'hint vary-user'],
  ],
  [
    'two users differ, and the rule is public',
    { other: answer({ digest: 'b' }), plain: plain({ vary: 'Authorization' }) },
    asker({ ...DURATION, public: true }, TOKEN),
    ['problem leak'],
  ],
  [
    'two users differ where users are told apart',
    { other: answer({ digest: 'b' }), plain: plain({ vary: 'Authorization' }), anonymous: answer({ status: 401 }) },
    asker(DURATION, TOKEN),
    [],
  ],
  [
    'an answer that differs each time says nothing of users',
    { other: answer({ digest: 'b' }), again: answer({ digest: 'c', fields: { etag: '"2"' } }) },
    asker({ ...DURATION, public: true }, TOKEN),
    ['hint changing'],
  ],
  ['the same without credentials may be public', { anonymous: answer() }, asker(DURATION, TOKEN), ['hint public']],
  [
    'refused without credentials contradicts public',
    { anonymous: answer({ status: 401 }) },
    asker({ ...DURATION, public: true }, TOKEN),
    ['warning identity'],
  ],
  [
    'an answer without credentials names no user',
    {},
    asker(DURATION, { identity: { by: ['authorization', 'identify'] } }),
    ['hint no-identity'],
  ],
  ['but is kept as nobody’s by tokens alone', {}, asker(DURATION, { identity: { by: ['authorization'] } }), []],
  [
    'differs by Accept without saying so',
    { asDocument: answer({ fields: { 'content-type': 'text/html' } }) },
    asker(DURATION),
    ['hint vary-accept'],
  ],
  [
    'differs by Accept and says so',
    { asDocument: answer({ fields: { 'content-type': 'text/html' } }), plain: plain({ vary: 'Accept' }) },
    asker(DURATION),
    [],
  ],
  ['pages of another origin may not read it', {}, asker(DURATION, { pages: APP }), ['warning cors']],
  [
    'pages of another origin do not see the tag',
    { plain: plain({ 'access-control-allow-origin': '*' }) },
    asker(DURATION, { pages: APP }),
    ['warning cors-hidden'],
  ],
  [
    'pages of another origin see the tag',
    { plain: plain({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'ETag' }) },
    asker(DURATION, { pages: APP }),
    [],
  ],
  [
    'the origin of the page is named without Vary: Origin',
    {
      plain: plain({ 'access-control-allow-origin': APP, 'access-control-expose-headers': 'ETag' }),
      foreign: answer({ fields: { 'access-control-allow-origin': 'https://another.invalid' } }),
    },
    asker(DURATION, { pages: APP }),
    ['warning vary-origin'],
  ],
  [
    'no Date',
    {
      plain: {
        ...plain({}),
        fields: new Map([
          ['content-type', 'application/json'],
          ['etag', '"1"'],
        ]),
      },
    },
    asker(DURATION),
    ['hint no-date'],
  ],
  ['a Date that is off', { plain: answer({ fields: TAG, atMs: AT + 3_600_000 }) }, asker(DURATION), ['warning date']],
  [
    'a Date that is old because a cache has kept the answer',
    { plain: answer({ fields: { ...TAG, age: '3600' }, atMs: AT + 3_600_000 }) },
    asker(DURATION),
    [],
  ],
  ['slow', { plain: answer({ fields: TAG, endMs: 3000 }) }, asker(DURATION), ['hint slow']],
  [
    'slower than the rule waits',
    { plain: answer({ fields: TAG, endMs: 6000 }) },
    asker({ ...DURATION, timeout: '5s' }),
    ['warning slow'],
  ],
  [
    'an event stream that a rule covers',
    { plain: answer({ fields: { 'content-type': 'text/event-stream' } }) },
    asker(DURATION),
    ['warning stream'],
  ],
  [
    'an event stream that comes at once',
    { plain: answer({ fields: { 'content-type': 'text/event-stream' } }) },
    { ...asker(DURATION), rule: undefined },
    [],
  ],
  [
    'an event stream that comes all at its end',
    {
      plain: answer({ fields: { 'content-type': 'text/event-stream' }, headMs: 4000, firstByteMs: 4001, endMs: 4002 }),
    },
    { ...asker(DURATION), rule: undefined },
    ['warning stream-buffered'],
  ],
  [
    'an event stream of which nothing comes',
    { plain: silent({ 'content-type': 'text/event-stream' }) },
    { ...asker(DURATION), rule: undefined },
    ['hint stream-silent'],
  ],
]

describe('what a backend answers', () => {
  it.each(ROWS)('%s', (_, answers, by, said) => expect(saidOf(answers, by)).toEqual(said))
})
