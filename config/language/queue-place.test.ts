import { expect, test } from 'vitest'
import { compileRules } from './compile.ts'
import { writtenTo } from './queue-place.ts'

const [write] = compileRules({
  version: '1',
  identity: 'none',
  routes: [],
  writes: [
    {
      match: [
        'POST /api/p',
        'PATCH /api/p/:id',
        'POST /api/p/:id/photo',
        'POST https://b.example/api/p',
        'PUT https://b.example/api/p/:id',
      ],
      offline: 'queue',
      id: ':id',
    },
  ],
}).writes

test.each<[string, string, string, object]>([
  ['a list', 'POST', '/api/p', { target: 'list' }],
  ['a row', 'PATCH', '/api/p/7', { target: 'row', id: '7' }],
  ['a row whose id is encoded', 'PATCH', '/api/p/b%2fä', { target: 'row', id: 'b/ä' }],
  ['a part of a row', 'POST', '/api/p/7/photo', { target: 'other', id: '7' }],
  ['a list of another origin', 'POST', 'https://b.example/api/p', { target: 'list' }],
  ['a row of another origin', 'PUT', 'https://b.example/api/p/7', { target: 'row', id: '7' }],
  ['what only another method matches', 'PUT', '/api/p/7', { target: 'other' }],
  ['what no pattern matches', 'POST', '/api/q', { target: 'other' }],
])('a write is one to %s', (_, method, url, expected) => {
  const { origin, pathname } = new URL(url, 'https://a.example')
  const queue = write?.queue
  if (queue === undefined) throw new Error('the rule queues')
  expect(writtenTo(queue, { method, origin, sameOrigin: origin === 'https://a.example', pathname })).toEqual(expected)
})
