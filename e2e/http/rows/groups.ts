import type { FieldValue, Row } from '../row.ts'
import {
  answered,
  asked,
  at,
  by,
  cached,
  choice,
  conditional,
  hit,
  needing,
  optimal,
  pass,
  reply,
  required,
  sending,
  stored,
  validated,
} from '../steps.ts'

/** What is stored at this path, in these groups. */
const grouped = (path: string, groups: FieldValue) =>
  stored({ ...cached(60), etag: '"one"', 'cache-groups': groups }, at(path))

/** A write elsewhere that ends these groups. */
const ending = (groups: FieldValue, method = 'POST', status = 200) =>
  answered(
    by(method, method === 'DELETE' ? undefined : 'written'),
    sending(method === 'DELETE' ? {} : { 'content-type': 'text/plain' }),
    at('/written'),
    reply({ 'cache-group-invalidation': groups }, { status }),
  )

/** Fields that are no list of strings: ignored as a whole, though the group's name is in each. */
const MALFORMED: readonly (readonly [id: string, what: string, value: FieldValue])[] = [
  ['token', 'a token', 'malformed'],
  ['one-token', 'a token among its strings', '"malformed", other'],
  ['number', 'a number among its strings', '"malformed", 1'],
  ['boolean', 'a boolean among its strings', '"malformed", ?1'],
  ['inner-list', 'an inner list', '("malformed")'],
  ['bytes', 'a byte sequence among its strings', '"malformed", :bWFsZm9ybWVk:'],
  ['trailing-comma', 'a comma at its end', '"malformed",'],
  ['empty-member', 'an empty member', '"malformed",,"other"'],
  ['open-quote', 'a string that does not end', '"malformed'],
  ['bad-escape', 'an escape of something that needs none', String.raw`"malformed", "\a"`],
  ['no-comma', 'strings without a comma', '"malformed" "other"'],
  ['non-ascii', 'a string with more than ASCII', '"malformed", "größe"'],
  ['single-quotes', 'single quotes', "'malformed'"],
]

const MANY = Array.from({ length: 32 }, (_, index) => `"group-number-${String(index).padStart(19, '0')}"`)

export const groups: readonly Row[] = [
  optimal('RFC 9875 §2.2', 'group-ended', 'a write ends the groups that its answer names', [
    grouped('/a', '"ended"'),
    grouped('/b', '"ended"'),
    ending('"ended"'),
    asked(at('/a')),
    asked(at('/b')),
  ]),
  required(
    'RFC 9875 §2.2',
    'group-other',
    'a write does not end groups that its answer does not name',
    [grouped('/a', '"kept"'), grouped('/b', '"ended-instead"'), ending('"ended-instead"'), hit(at('/a'))],
    { dependsOn: ['group-ended'] },
  ),
  required(
    'RFC 9875 §2.2',
    'group-none',
    'what is in no group is in none that a write names',
    [stored(cached(60), at('/a')), ending('"any"'), hit(at('/a'))],
    { dependsOn: ['group-ended'] },
  ),
  required(
    'RFC 9875 §2',
    'group-case',
    'names of groups are compared in their case',
    [grouped('/a', '"Case"'), ending('"case"'), hit(at('/a'))],
    { dependsOn: ['group-ended'] },
  ),
  required(
    'RFC 9875 §2',
    'group-prefix',
    'a name that begins alike is another',
    [grouped('/a', '"prefix"'), ending('"pre", "prefixes"'), hit(at('/a'))],
    { dependsOn: ['group-ended'] },
  ),
  required('RFC 9875 §2', 'group-spaces', 'spaces in names count', [
    grouped('/a', '"a space"'),
    ending('"a  space", " a space", "aspace"'),
    hit(at('/a')),
    ending('"a space"'),
    asked(at('/a')),
  ]),
  optimal('RFC 9875 §2', 'group-comma', 'a comma in a name does not divide it', [
    grouped('/a', '"left, right"'),
    ending('"left", "right"'),
    hit(at('/a')),
    ending('"left, right"'),
    asked(at('/a')),
  ]),
  optimal('RFC 9875 §2', 'group-escapes', 'escapes in names are resolved', [
    grouped('/a', String.raw`"say \"hi\" \\ there"`),
    ending(String.raw`"say \"hi\" \\ there"`),
    asked(at('/a')),
  ]),
  optimal('RFC 9875 §2.1', 'group-several', 'a response may be in several groups', [
    grouped('/a', '"several-1", "several-2"'),
    ending('"several-2"'),
    asked(at('/a')),
  ]),
  optimal('RFC 9875 §2.2', 'group-several-ended', 'a write may end several groups', [
    grouped('/a', '"both-1"'),
    grouped('/b', '"both-2"'),
    ending('"both-1", "both-2"'),
    asked(at('/a')),
    asked(at('/b')),
  ]),
  optimal('RFC 9651 §4.2', 'group-lines', 'groups may come in lines of their own', [
    grouped('/a', ['"lines-1"', '"lines-2"']),
    ending(['"lines-0"', '"lines-2"']),
    asked(at('/a')),
  ]),
  optimal('RFC 9875 §2', 'group-parameters', 'parameters of a name mean nothing', [
    grouped('/a', '"parameters";of=row'),
    ending('"parameters";why="because"'),
    asked(at('/a')),
  ]),
  required('RFC 9875 §2', 'group-limits', 'at least 32 groups of 32 characters are known', [
    grouped('/a', MANY.join(', ')),
    ending(MANY.at(-1)!),
    asked(at('/a')),
  ]),
  required('RFC 9875 §2', 'group-limits-ended', 'at least 32 groups of 32 characters are ended', [
    grouped('/a', MANY.at(-1)!),
    ending(MANY.join(', ')),
    asked(at('/a')),
  ]),
  ...['PUT', 'PATCH', 'DELETE'].map((method) =>
    optimal('RFC 9875 §2.2', `group-${method.toLowerCase()}`, `a ${method} ends groups`, [
      grouped('/a', `"by-${method}"`),
      ending(`"by-${method}"`, method),
      asked(at('/a')),
    ]),
  ),
  required(
    'RFC 9875 §2.2',
    'group-get',
    'the answer to a GET ends no group',
    [
      grouped('/a', '"by-get"'),
      answered(at('/other'), reply({ 'cache-group-invalidation': '"by-get"' })),
      hit(at('/a')),
    ],
    { dependsOn: ['group-ended'] },
  ),
  required(
    'RFC 9875 §2.2',
    'group-head',
    'the answer to a HEAD ends no group',
    [
      grouped('/a', '"by-head"'),
      answered(by('HEAD'), at('/other'), reply({ 'cache-group-invalidation': '"by-head"' })),
      hit(at('/a')),
    ],
    { dependsOn: ['group-ended'] },
  ),
  required(
    'RFC 9875 §2.2',
    'group-options',
    'the answer to an OPTIONS ends no group',
    [
      grouped('/a', '"by-options"'),
      answered(by('OPTIONS'), at('/other'), reply({ 'cache-group-invalidation': '"by-options"' })),
      hit(at('/a')),
    ],
    { dependsOn: ['group-ended'] },
  ),
  required('RFC 9875 §2.2.1', 'group-no-cascade', 'what a group has ended ends no further groups', [
    grouped('/a', '"cascade-1", "cascade-2"'),
    grouped('/b', '"cascade-2"'),
    ending('"cascade-1"'),
    asked(at('/a')),
    hit(at('/b')),
  ]),
  required(
    'RFC 9875 §2.1',
    'group-membership-is-no-end',
    'an answer that is in a group does not end it',
    [grouped('/a', '"member"'), grouped('/b', '"member"'), hit(at('/a'))],
    { dependsOn: ['group-ended'] },
  ),
  ...needing(
    'group-ended',
    MALFORMED.map(([id, what, value]) =>
      required('RFC 9651 §4.2', `group-malformed-${id}`, `Cache-Groups with ${what} is ignored`, [
        grouped('/a', value),
        ending('"malformed", "other"'),
        hit(at('/a')),
      ]),
    ),
  ),
  ...needing(
    'group-ended',
    MALFORMED.slice(0, 6).map(([id, what, value]) =>
      required('RFC 9651 §4.2', `group-malformed-end-${id}`, `Cache-Group-Invalidation with ${what} is ignored`, [
        grouped('/a', '"malformed"'),
        ending(value),
        hit(at('/a')),
      ]),
    ),
  ),
  optimal('RFC 9651 §4.2', 'group-empty', 'an empty Cache-Groups names none', [
    grouped('/a', ''),
    ending('""'),
    hit(at('/a')),
  ]),
  optimal('RFC 9875 §2.1', 'group-updated', 'a 304 may put a response into other groups', [
    grouped('/a', '"updated-1"'),
    pass(60),
    validated(at('/a'), { origin: { status: 304, headers: { 'cache-groups': '"updated-2"' } } }),
    ending('"updated-1"'),
    hit(at('/a')),
    ending('"updated-2"'),
    asked(at('/a')),
  ]),
  choice('RFC 9111 §4.4', 'group-keeps-body', 'what a group has ended may be validated', [
    grouped('/a', '"kept-body"'),
    ending('"kept-body"'),
    validated(at('/a'), conditional),
    hit(at('/a')),
  ]),
  optimal('RFC 9875 §2.2', 'group-then-new', 'what is read after the end of its group is fresh again', [
    grouped('/a', '"then-new"'),
    ending('"then-new"'),
    asked(at('/a'), reply({ ...cached(60), 'cache-groups': '"then-new"' })),
    hit(at('/a'), { expect: { body: 'two' } }),
  ]),
  optimal('RFC 9875 §2.2', 'group-own-url', 'a write ends its own URL besides the groups', [
    grouped('/written', '"own-url"'),
    grouped('/b', '"own-url-other"'),
    ending('"own-url-other"'),
    asked(at('/written')),
    asked(at('/b')),
  ]),
]
