import { expect, it, vi } from 'vitest'
import { tagsOfAnswer } from './answer-tags.ts'

type Given = Parameters<typeof tagsOfAnswer>[0]['rule']['ofAnswer']

async function tagsOf(
  ofAnswer: Given,
  body: BodyInit | null,
): Promise<readonly [tags: string[], reports: number, text: string]> {
  const rule = { name: 'orders', ofAnswer } as never
  const report = vi.fn()
  const response = new Response(body)
  const match = { kind: 'write', rule, params: { id: 'a%20b' }, tags: [] } as const
  const tags = await tagsOfAnswer(match, response, report)
  // The page still has its answer.
  return [tags, report.mock.calls.length, await response.text()]
}

interface Order {
  readonly lines: readonly { readonly productId: number }[]
}

const ORDER = '{"lines":[{"productId":7},{"productId":8}]}'
const ofLines = (answer: unknown): string[] => (answer as Order).lines.map(({ productId }) => `product:${productId}`)

it.each<[string, Given, string, string[], number]>([
  ['of its answer', [ofLines], ORDER, ['product:7', 'product:8'], 0],
  ['of its parameters, decoded', [(_, { id }) => [`order:${id}`]], '{}', ['order:a b'], 0],
  ['of several functions', [() => ['a'], () => ['b']], '{}', ['a', 'b'], 0],
  ['none where a function throws, and says so', [ofLines], '{}', [], 1],
  ['none of what is no JSON, and says so', [ofLines], '<html>', [], 1],
  ['none of nothing, and says so', [ofLines], '', [], 1],
  ['none of what is no text', [() => [7, null, 'a'] as never], '{}', ['a'], 0],
])('a write invalidates tags %s', async (_, ofAnswer, body, tags, reports) => {
  expect(await tagsOf(ofAnswer, body)).toEqual([tags, reports, body])
})

it('an answer of more than a megabyte is not looked at', async () => {
  const body = JSON.stringify('x'.repeat(1024 * 1024))
  expect((await tagsOf([() => ['a']], body)).slice(0, 2)).toEqual([[], 1])
})
