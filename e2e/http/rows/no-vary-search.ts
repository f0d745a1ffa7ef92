import type { Row } from '../row.ts'
import {
  answered,
  asked,
  at,
  by,
  cached,
  conditional,
  hit,
  missed,
  needing,
  optimal,
  pass,
  reply,
  required,
  sending,
  stored,
  text,
  validated,
} from '../steps.ts'

/** What is stored at the URL with this query, and what its `No-Vary-Search` says. */
const searched = (query: string, noVarySearch: string, ...parts: Parameters<typeof stored>[1][]) =>
  stored({ ...cached(60), etag: '"one"', 'no-vary-search': noVarySearch }, at(query), ...parts)

type Case = readonly [id: string, title: string, noVarySearch: string, stored: string, same: string, other?: string]

/** A query that is the same to the stored response, and one that is not. */
const CASES: readonly Case[] = [
  ['params-value', 'a listed parameter may have another value', 'params=("x")', '?id=1&x=1', '?id=1&x=2', '?id=2&x=1'],
  ['params-absent', 'a listed parameter may be absent', 'params=("x")', '?id=1&x=1', '?id=1', '?x=1'],
  ['params-added', 'a listed parameter may be added', 'params=("x")', '?id=1', '?id=1&x=1', '?id=1&y=1'],
  ['params-anywhere', 'a listed parameter may stand anywhere', 'params=("x")', '?x=1&id=1', '?id=1&x=1', '?id=1&y=1'],
  [
    'params-repeated',
    'a listed parameter may come several times',
    'params=("x")',
    '?id=1&x=1',
    '?x=1&id=1&x=2&x=3',
    '?id=1&id=1',
  ],
  ['params-two', 'two parameters may be listed', 'params=("x" "y")', '?id=1&x=1&y=1', '?y=2&id=1', '?id=1&z=1'],
  ['params-only', 'nothing but a listed parameter is as good as no query', 'params=("x")', '?x=1', '', '?y'],
  [
    'params-order',
    'parameters that are not listed keep their order',
    'params=("x")',
    '?a=1&b=2',
    '?a=1&x=1&b=2',
    '?b=2&a=1',
  ],
  [
    'params-case',
    'names of parameters are compared in their case',
    'params=("x")',
    '?id=1&x=1',
    '?id=1&x=2',
    '?id=1&X=1',
  ],
  ['all', 'params alone means any query', 'params', '?a=1', '?b=2&c'],
  ['all-none', 'params alone means no query either', 'params', '?a=1', ''],
  ['except', 'except alone names what counts', 'except=("id")', '?id=1&x=1', '?y=2&id=1', '?id=2&x=1'],
  ['except-two', 'except may name several', 'except=("a" "b")', '?a=1&b=2&x=1', '?a=1&b=2', '?a=1&b=3'],
  ['except-missing', 'what counts may not be absent', 'except=("id")', '?id=1&x=1', '?id=1', '?x=1'],
  [
    'params-except',
    'params with except, as Chromium writes it, names what counts',
    'params, except=("id")',
    '?id=1&x=1',
    '?id=1&x=2',
    '?id=2',
  ],
  [
    'params-true-except',
    'so does params with its value',
    'params=?1, except=("id")',
    '?id=1&x=1',
    '?id=1&x=2',
    '?id=2',
  ],
  ['key-order', 'key-order alone lets parameters change places', 'key-order', '?a=1&b=2', '?b=2&a=1', '?a=2&b=1'],
  ['key-order-true', 'so does key-order with its value', 'key-order=?1', '?a=1&b=2', '?b=2&a=1', '?a=1&b=2&c=3'],
  [
    'key-order-repeated',
    'parameters of one name keep their order',
    'key-order',
    '?a=1&a=2&b=3',
    '?b=3&a=1&a=2',
    '?b=3&a=2&a=1',
  ],
  ['key-order-params', 'key-order goes with params', 'key-order, params=("x")', '?a=1&b=2', '?b=2&x=1&a=1', '?b=1&a=2'],
  [
    'key-order-except',
    'key-order goes with except',
    'key-order, except=("a" "b")',
    '?a=1&b=2',
    '?b=2&x=1&a=1',
    '?b=1&a=2',
  ],
  ['unknown-key', 'an unknown key is ignored', 'swallow, params=("x")', '?id=1&x=1', '?id=1&x=2', '?id=2'],
  ['parameters', 'parameters of a member mean nothing', 'params=("x");why=row', '?id=1&x=1', '?id=1&x=2', '?id=2'],
  ['encoded-name', 'a listed name is percent-decoded', 'params=("%78")', '?id=1&x=1', '?id=1&x=2', '?id=2'],
  [
    'encoded-request',
    'a name in the URL is percent-decoded',
    'params=("x")',
    '?id=1&x=1',
    '?id=1&%78=2',
    '?id=1&%79=2',
  ],
  ['encoded-utf-8', 'names are UTF-8', 'params=("%C3%BC")', '?id=1&ü=1', '?id=1&%C3%BC=2', '?id=1&u=2'],
  ['plus', 'a plus sign in a listed name is a space', 'params=("a+b")', '?id=1&a+b=1', '?id=1&a%20b=2', '?id=1&ab=2'],
  ['plus-encoded', 'an encoded plus sign is one', 'params=("a%2Bb")', '?id=1&a%2Bb=1', '?id=1&a%2bb=2', '?id=1&a+b=2'],
  ['empty-pairs', 'empty pairs mean nothing', 'params=("x")', '?id=1', '?&id=1&&', '?id=1&='],
  ['empty-value', 'a parameter without a value has an empty one', 'params=("x")', '?id', '?id=', '?id=1'],
  ['encoded-value', 'values are compared decoded', 'params=("x")', '?id=a%62c', '?id=abc', '?id=a%2562c'],
  ['space-value', 'a plus sign in a value is a space', 'params=("x")', '?id=a+b', '?id=a%20b', '?id=ab'],
  [
    'twice',
    'of a key given twice the last counts',
    'params=("y"), params=("x")',
    '?id=1&x=1',
    '?id=1&x=2',
    '?id=1&y=2',
  ],
]

/** Not what the draft describes: each query is a resource of its own. */
const IGNORED: readonly (readonly [id: string, what: string, noVarySearch: string])[] = [
  ['empty', 'that is empty', ''],
  ['token-list', 'with tokens for names', 'params=(x)'],
  ['mixed-list', 'with a number among its names', 'params=("x" 1)'],
  ['open-list', 'with a list that does not end', 'params=("x"'],
  ['string', 'with a string for a list', 'params="x"'],
  ['token', 'with a token for a list', 'params=x'],
  ['number', 'with a number for a list', 'params=1'],
  ['false', 'with params=?0', 'params=?0'],
  ['except-true', 'with except alone', 'except'],
  ['both-lists', 'with both lists', 'params=("x"), except=("id")'],
  ['key-order-list', 'with a list for key-order', 'key-order=("x"), params=("x")'],
  ['key-order-false', 'with key-order=?0', 'key-order=?0'],
  ['upper-case', 'with a key in upper case', 'Params=("x")'],
  ['trailing-comma', 'that ends in a comma', 'params=("x"),'],
  ['comma-list', 'with commas in a list', 'params=("x","y")'],
  ['unknown', 'of unknown keys alone', 'ignore=("x")'],
]

export const noVarySearch: readonly Row[] = [
  required('RFC 9111 §4', 'nvs-absent', 'without No-Vary-Search each query is a resource of its own', [
    stored(cached(60), at('?id=1&x=1')),
    missed(at('?id=1&x=2')),
    hit(at('?id=1&x=1')),
  ]),
  required('RFC 9111 §4', 'nvs-absent-order', 'without No-Vary-Search the order of parameters counts', [
    stored(cached(60), at('?a=1&b=2')),
    missed(at('?b=2&a=1')),
    hit(at('?a=1&b=2')),
  ]),
  ...CASES.map(([id, title, value, query, same, other]) =>
    optimal('No-Vary-Search §4', `nvs-${id}`, title, [
      searched(query, value),
      hit(at(same)),
      ...(other === undefined ? [] : [missed(at(other))]),
    ]),
  ),
  ...needing(
    'nvs-params-value',
    IGNORED.map(([id, what, value]) =>
      required('No-Vary-Search §3', `nvs-ignored-${id}`, `a No-Vary-Search ${what} is ignored`, [
        searched('?id=1&x=1', value),
        missed(at('?id=1&x=2')),
      ]),
    ),
  ),
  required(
    'No-Vary-Search §5',
    'nvs-other-path',
    'another path is another resource, whatever its query',
    [searched('/a?x=1', 'params'), missed(at('/b?x=1'))],
    { dependsOn: ['nvs-params-value'] },
  ),
  required('No-Vary-Search §6', 'nvs-stale', 'what is stale is validated for an equivalent URL as well', [
    searched('?id=1&x=1', 'params=("x")'),
    pass(60),
    validated(at('?id=1&x=2'), conditional),
    hit(at('?id=1&x=3')),
  ]),
  optimal('No-Vary-Search §6', 'nvs-replaced', 'an equivalent URL brings the newest answer', [
    searched('?id=1&x=1', 'params=("x")'),
    pass(60),
    asked(at('?id=1&x=2'), reply({ ...cached(60), 'no-vary-search': 'params=("x")' })),
    hit(at('?id=1&x=1'), text('two')),
    hit(at('?id=1&x=3'), text('two')),
  ]),
  required('No-Vary-Search §6', 'nvs-and-vary', 'Vary counts for an equivalent URL as well', [
    stored(
      { ...cached(60), vary: 'x-any', 'no-vary-search': 'params=("x")' },
      at('?id=1&x=1'),
      sending({ 'x-any': 'a' }),
    ),
    hit(at('?id=1&x=2'), sending({ 'x-any': 'a' })),
    missed(at('?id=1&x=2'), sending({ 'x-any': 'b' })),
  ]),
  required(
    'RFC 9111 §4.4',
    'nvs-write',
    'a write to an equivalent URL ends what is stored',
    [searched('?id=1&x=1', 'params=("x")'), answered(by('PUT', 'written'), at('?id=1&x=1')), asked(at('?id=1&x=2'))],
    { dependsOn: ['nvs-params-value'] },
  ),
  required('RFC 9111 §4', 'nvs-most-recent', 'of an exact and an equivalent match the more recent is used', [
    stored(cached(60), at('?id=1&x=2')),
    pass(10),
    answered(at('?id=1&x=1'), reply({ ...cached(60), 'no-vary-search': 'params=("x")' }, { body: 'two' })),
    hit(at('?id=1&x=2'), text('two')),
    hit(at('?id=1&x=3'), text('two')),
  ]),
  optimal('No-Vary-Search §6', 'nvs-head', 'HEAD is answered for an equivalent URL', [
    searched('?id=1&x=1', 'params=("x")'),
    hit(by('HEAD'), at('?id=1&x=2'), text('')),
  ]),
]
