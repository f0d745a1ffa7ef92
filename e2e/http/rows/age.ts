import type { Row } from '../row.ts'
import {
  ago,
  ahead,
  answered,
  asked,
  by,
  cached,
  choice,
  conditional,
  control,
  gives,
  hit,
  optimal,
  pass,
  reply,
  required,
  stored,
  validated,
} from '../steps.ts'

/** These are not non-negative integers, so they are ignored. */
const UNREADABLE: readonly (readonly [id: string, what: string, value: string])[] = [
  ['word', 'a word', 'old'],
  ['negative', 'a negative number', '-3600'],
  ['fraction', 'a fraction', '3600.5'],
  ['exponent', 'an exponent', '36e2'],
  ['unit', 'a number with a unit', '3600s'],
  ['parameter', 'a number with a parameter', '3600;source=cdn'],
  ['quoted', 'a number in quotes', '"3600"'],
  ['plus', 'a number with a plus sign', '+3600'],
  ['hexadecimal', 'a hexadecimal number', '0xE10'],
  ['empty', 'nothing at all', ''],
  ['two-numbers', 'two numbers without a comma', '3600 3600'],
]

export const age: readonly Row[] = [
  required('RFC 9111 §4', 'age-generated', 'an answer from store has an Age', [
    stored(cached(60)),
    pass(30),
    hit(gives({ age: '30' })),
  ]),
  required('RFC 9111 §4', 'age-zero', 'an answer from store may have an Age of 0', [
    stored(cached(60)),
    hit(gives({ age: '0' })),
  ]),
  required('RFC 9111 §4', 'age-replaced', 'the worker’s Age replaces the received one', [
    stored({ ...cached(60), age: '20' }),
    pass(10),
    hit(gives({ age: '30' })),
  ]),
  required('RFC 9111 §4.2.3', 'age-counts', 'the age received counts against max-age', [
    stored({ ...cached(60), age: '30' }),
    pass(29),
    hit(),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'age-counts-against-expires', 'the age received counts against Expires', [
    stored({ expires: ahead(60), age: '30' }),
    pass(29),
    hit(),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'age-beyond-max-age', 'what arrives older than max-age is stale', [
    stored({ ...cached(60), age: '3600' }),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'age-equals-max-age', 'what arrives as old as max-age is stale', [
    stored({ ...cached(60), age: '60' }),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'age-overflow', 'an age beyond all bounds is old', [
    stored({ ...cached(60), age: '9'.repeat(30) }),
    asked(),
  ]),
  required('RFC 9111 §1.2.2', 'age-2-31', 'an age of 2147483648 is old', [
    stored({ ...cached(3600), age: '2147483648' }),
    asked(),
  ]),
  ...UNREADABLE.map(([id, what, value]) =>
    optimal('RFC 9111 §5.1', `age-${id}`, `an Age of ${what} is ignored`, [
      stored({ ...cached(60), age: value }),
      pass(10),
      hit(gives({ age: '10' })),
    ]),
  ),
  optimal('RFC 9111 §5.1', 'age-list-old-first', 'of several ages the first counts: an old one', [
    stored({ ...cached(60), age: '3600, 0' }),
    asked(),
  ]),
  optimal('RFC 9111 §5.1', 'age-list-young-first', 'of several ages the first counts: a young one', [
    stored({ ...cached(60), age: '0, 3600' }),
    hit(gives({ age: '0' })),
  ]),
  optimal('RFC 9111 §5.1', 'age-lines-old-first', 'of ages in lines of their own the first counts: an old one', [
    stored({ ...cached(60), age: ['3600', '0'] }),
    asked(),
  ]),
  optimal('RFC 9111 §5.1', 'age-lines-young-first', 'of ages in lines of their own the first counts: a young one', [
    stored({ ...cached(60), age: ['0', '3600'] }),
    hit(),
  ]),
  optimal('RFC 9111 §5.1', 'age-leading-zeros', 'an age may have leading zeros', [
    stored({ ...cached(60), age: '0030' }),
    pass(30),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'date-counts-as-age', 'what Date says has passed counts against max-age', [
    stored({ ...cached(60), date: ago(30) }),
    pass(29),
    hit(gives({ age: '59' })),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'date-older-than-max-age', 'what was made longer ago than max-age is stale', [
    stored({ ...cached(60), date: ago(61) }),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'age-above-date', 'of Date and Age the older counts: Age', [
    stored({ ...cached(60), date: ago(10), age: '40' }),
    hit(gives({ age: '40' })),
    pass(20),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'date-above-age', 'of Date and Age the older counts: Date', [
    stored({ ...cached(60), date: ago(40), age: '10' }),
    hit(gives({ age: '40' })),
    pass(20),
    asked(),
  ]),
  required('RFC 9111 §4.2.3', 'date-in-future', 'a Date in the future gives no negative age', [
    stored({ ...cached(60), date: ahead(3600) }),
    pass(30),
    hit(gives({ age: '30' })),
    pass(30),
    asked(),
  ]),
  required('RFC 9110 §6.6.1', 'date-added', 'what came without Date is given the time of receipt', [
    stored({ ...cached(60), date: null }),
    pass(10),
    hit(gives({ date: ago(10), age: '10' })),
  ]),
  optimal('RFC 9110 §6.6.1', 'date-kept', 'Date is answered from store as it was received', [
    stored({ ...cached(60), date: ago(5) }),
    pass(10),
    hit(gives({ date: ago(15) })),
  ]),
  choice('RFC 9110 §6.6.1', 'date-unreadable', 'an unreadable Date counts as the time of receipt', [
    stored({ ...cached(60), date: 'yesterday' }),
    pass(59),
    hit(gives({ age: '59' })),
    pass(1),
    asked(),
  ]),
  required('RFC 9111 §4', 'age-of-stale', 'a stale answer from store has an Age', [
    stored(control('max-age=60, stale-while-revalidate=60')),
    pass(70),
    {
      ...hit(gives({ age: '70' })),
      origin: { status: 500 },
      expect: { behind: {}, body: 'one', headers: { age: '70' } },
    },
  ]),
  required('RFC 9111 §4', 'age-of-stand-in', 'an answer served while the origin is away has an Age', [
    stored(control('max-age=60, stale-if-error=60')),
    pass(70),
    { ...hit(), origin: 'away', expect: { body: 'one', headers: { age: '70' } } },
  ]),
  optimal('RFC 9111 §5.1', 'age-of-forwarded', 'an answer of the origin keeps the age it came with', [
    answered(reply({ ...cached(60), age: '5' }), gives({ age: '5' })),
  ]),
  optimal('RFC 9111 §5.1', 'no-age-of-forwarded', 'an answer that the origin just made has no age', [
    answered(reply(cached(60)), gives({ age: null })),
  ]),
  required('RFC 9111 §4.3.4', 'age-after-validation', 'a validation restarts age', [
    stored({ ...cached(60), age: '30', etag: '"one"' }),
    pass(60),
    validated(conditional, gives({ age: '0' })),
    pass(10),
    hit(gives({ age: '10' })),
  ]),
  required('RFC 9111 §4.3.4', 'age-of-validation', 'the age of a 304 counts', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(60),
    validated({ origin: { status: 304, headers: { age: '20' } } }, gives({ age: '20' })),
    pass(39),
    hit(gives({ age: '59' })),
    pass(1),
    validated(conditional),
  ]),
  required('RFC 9111 §4.3.4', 'date-of-validation', 'the Date of a 304 counts', [
    stored({ ...cached(60), etag: '"one"' }),
    pass(60),
    validated({ origin: { status: 304, headers: { date: ago(20) } } }),
    pass(39),
    hit(gives({ age: '59' })),
    pass(1),
    validated(conditional),
  ]),
  required('RFC 9111 §4', 'age-of-head', 'an answer from store to HEAD has an Age', [
    stored(cached(60)),
    pass(30),
    hit(by('HEAD'), { expect: { body: '', headers: { age: '30' } } }),
  ]),
]
