import CachePolicy from 'http-cache-semantics'
import { describe, expect, it } from 'vitest'
import type { RequestHead, ResponseHead } from '../../sw/core/head.ts'
import { selected } from '../../sw/core/select.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { standing } from '../../sw/core/timeline.ts'
import { epochMs } from '../../sw/core/units.ts'
import { variantOf, varyNames } from '../../sw/core/vary.ts'
import { rowOf } from './row-of.fixture.ts'

/** One response, kept by a private cache, and a request some seconds later: may it be answered without asking? */
interface Case {
  readonly title: string
  readonly section: string
  readonly status?: number
  readonly response: Readonly<Record<string, string>>
  readonly request?: Readonly<Record<string, string>>
  readonly later?: Readonly<Record<string, string>>
  readonly afterSeconds?: number
  readonly ours: boolean
  readonly theirs: boolean
}

const NOW = Date.parse('2026-03-01T12:00:00Z')
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toUTCString()

const AGREED: readonly Case[] = [
  {
    title: 'a response within its max-age is used',
    section: 'RFC 9111 §4.2',
    response: { 'cache-control': 'max-age=100' },
    afterSeconds: 99,
    ours: true,
    theirs: true,
  },
  {
    title: 'a response at the end of its max-age is not',
    section: 'RFC 9111 §4.2',
    response: { 'cache-control': 'max-age=100' },
    afterSeconds: 100,
    ours: false,
    theirs: false,
  },
  {
    title: 'Age counts',
    section: 'RFC 9111 §4.2.3',
    response: { 'cache-control': 'max-age=100', age: '60' },
    afterSeconds: 50,
    ours: false,
    theirs: false,
  },
  {
    title: 'max-age outranks Expires',
    section: 'RFC 9111 §5.3',
    response: { 'cache-control': 'max-age=100', expires: ago(10) },
    ours: true,
    theirs: true,
  },
  {
    title: 'Expires: 0 has passed',
    section: 'RFC 9111 §5.3',
    response: { expires: '0' },
    ours: false,
    theirs: false,
  },
  {
    title: 'no-cache is validated',
    section: 'RFC 9111 §5.2.2.4',
    response: { 'cache-control': 'no-cache, max-age=100' },
    ours: false,
    theirs: false,
  },
  {
    title: 's-maxage is for shared caches',
    section: 'RFC 9111 §5.2.2.10',
    response: { 'cache-control': 's-maxage=100' },
    ours: false,
    theirs: false,
  },
  {
    title: 'another value of a varying field is another answer',
    section: 'RFC 9111 §4.1',
    response: { 'cache-control': 'max-age=100', vary: 'x-a' },
    request: { 'x-a': '1' },
    later: { 'x-a': '2' },
    ours: false,
    theirs: false,
  },
  {
    title: 'no-store is not kept',
    section: 'RFC 9111 §5.2.2.5',
    response: { 'cache-control': 'no-store, max-age=100' },
    ours: false,
    theirs: false,
  },
  {
    title: 'a star in a list of varying fields matches nothing',
    section: 'RFC 9111 §4.1',
    response: { 'cache-control': 'max-age=100', vary: 'accept, *' },
    ours: false,
    theirs: false,
  },
]

/** Where we disagree, we follow the section; each row names what the library does instead. */
const DISAGREED: readonly Case[] = [
  {
    title: 'names of directives have no case (theirs knows small letters)',
    section: 'RFC 9111 §5.2',
    response: { 'cache-control': 'Max-Age=100' },
    ours: true,
    theirs: false,
  },
  {
    title: 'a comma within quotes ends no directive (theirs splits there)',
    section: 'RFC 9111 §5.2',
    response: { 'cache-control': 'x="a, no-store, b", max-age=100' },
    ours: true,
    theirs: false,
  },
  {
    title: 'a negative Age is ignored (theirs adds to the lifetime)',
    section: 'RFC 9111 §5.1',
    response: { 'cache-control': 'max-age=100', age: '-50' },
    afterSeconds: 120,
    ours: false,
    theirs: true,
  },
  {
    title: 'Date ages a response, for a cache below us need not write Age (theirs trusts Age alone)',
    section: 'RFC 9111 §4.2.3',
    response: { 'cache-control': 'max-age=100', date: ago(200) },
    ours: false,
    theirs: true,
  },
  {
    title: 'a max-age that is no number is stale (theirs reads the digits it begins with)',
    section: 'RFC 9111 §1.2.2, §4.2.1',
    response: { 'cache-control': 'max-age=100x' },
    ours: false,
    theirs: true,
  },
  {
    title: 'a directive given twice with two values is stale (theirs takes one of them)',
    section: 'RFC 9111 §4.2.1',
    response: { 'cache-control': 'max-age=100, max-age=1' },
    ours: false,
    theirs: true,
  },
  {
    title: 'must-understand outranks no-store for a status that is understood (theirs keeps nothing)',
    section: 'RFC 9111 §5.2.2.3',
    response: { 'cache-control': 'must-understand, no-store, max-age=100' },
    ours: true,
    theirs: false,
  },
  {
    title: 'an unknown status is kept when it states its freshness (theirs has a list)',
    section: 'RFC 9111 §3, RFC 9110 §15',
    status: 299,
    response: { 'cache-control': 'max-age=100' },
    ours: true,
    theirs: false,
  },
  {
    title: 'immutable gives no lifetime of its own (theirs gives it a day)',
    section: 'RFC 8246 §2',
    response: { 'cache-control': 'immutable' },
    ours: false,
    theirs: true,
  },
  {
    title: 'an Expires in another zone than GMT is invalid (theirs guesses)',
    section: 'RFC 9111 §4.2, RFC 9110 §5.6.7',
    response: { date: ago(0), expires: 'Sun, 01 Mar 2026 13:00:00 EST' },
    ours: false,
    theirs: true,
  },
]

describe('where the well-known library and we agree', () => {
  it.each(AGREED)('$title ($section)', check)
})

describe('where we do not, the section is on our side', () => {
  it.each(DISAGREED)('$title ($section)', check)
})

function check({ ours, theirs, ...rest }: Case): void {
  expect({ ours: weUse(rest), theirs: theyUse(rest) }).toEqual({ ours, theirs })
}

type Given = Omit<Case, 'ours' | 'theirs'>

function weUse({ status = 200, response, request = {}, later = request, afterSeconds = 0 }: Given): boolean {
  const fields = new Map(Object.entries(response))
  const asked: RequestHead = {
    method: 'GET',
    url: 'https://a.test/',
    fields: new Map(Object.entries(request)),
    cache: 'default',
  }
  const head: ResponseHead = { status, statusText: '', fields, redirected: false, opaque: false }
  if (notStorable(asked, head) !== undefined) return false
  const names = varyNames(fields)
  const row = rowOf(fields, status, names === 'unknowable' ? '' : variantOf(names, asked.fields), epochMs(NOW))
  const chosen = selected([row], { fields: new Map(Object.entries(later)) })
  const rule = { fresh: 'http', stale: 'http', offline: 'http', trust: 'http' } as const
  return chosen !== undefined && standing(chosen, rule, false, epochMs(NOW + afterSeconds * 1000)).state === 'fresh'
}

function theyUse({ status = 200, response, request = {}, later = request, afterSeconds = 0 }: Given): boolean {
  const asked = (headers: Readonly<Record<string, string>>): CachePolicy.Request => ({
    url: '/',
    method: 'GET',
    headers,
  })
  const policy = new CachePolicy(asked(request), { status, headers: response }, { shared: false })
  Object.assign(policy, { _responseTime: NOW, now: () => NOW + afterSeconds * 1000 })
  return policy.storable() && policy.satisfiesWithoutRevalidation(asked(later))
}
