import { expect, test } from 'vitest'
import { epochMs } from '../units.ts'
import { originOf, silences } from './silence.ts'

const at = epochMs(1_800_000_000_000)
const next = epochMs(at + 1000)
const URL_A = 'https://a.example/api/p/1'

test.each([
  ['one whose writes have not failed answers', [{ url: URL_A }], []],
  ['one that has answered since answers', [{ url: URL_A, failed: { status: 0, atMs: at } }], []],
  [
    'one whose write got no answer is silent, and no other',
    [
      { url: URL_A, failed: { status: 0, atMs: at, silent: 2, nextMs: next } },
      { url: 'https://b.example/api/p/1', failed: { status: 500, atMs: at } },
    ],
    [['https://a.example', { count: 2, atMs: at, nextMs: next }]],
  ],
  [
    'the last failure counts, also after the clock was set back',
    [
      { url: URL_A, failed: { status: 0, atMs: at, silent: 3, nextMs: next } },
      { url: URL_A, failed: { status: 0, atMs: epochMs(at + 9000), silent: 2, nextMs: epochMs(at + 9500) } },
    ],
    [['https://a.example', { count: 3, atMs: at, nextMs: next }]],
  ],
  [
    'one without a time may be tried at once',
    [{ url: URL_A, failed: { status: 0, atMs: at, silent: 1 } }],
    [['https://a.example', { count: 1, atMs: at, nextMs: at }]],
  ],
])('%s', (_, writes, expected) => {
  expect([...silences(writes)]).toEqual(expected)
})

test.each(['https://a.example/api/p?x=//y', 'http://localhost:3000/', 'http://[::1]:80/a'])(
  'the origin of %s is the one that a parser finds',
  (url) => {
    expect(originOf(url)).toBe(url.includes(':80/') ? 'http://[::1]:80' : new URL(url).origin)
  },
)
