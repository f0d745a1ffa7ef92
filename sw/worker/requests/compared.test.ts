import { describe, expect, it } from 'vitest'
import { next, type Worker, worker } from './worker.fixture.ts'

const RULE = { ignoreInDiff: [['serverTime'], ['items', '*', 'seenAt']] }
const json = { 'content-type': 'application/json' }

/** Reads, and the origin answers with this body. Gives what the page got. */
async function answered(of: Worker, body: string, rule: object = RULE): Promise<string> {
  const at = of.arrived.length
  const reading = of.read(rule)
  ;(await next(of, at)).answer(new Response(body, { headers: json }))
  const text = await (await reading).text()
  await Promise.all(of.behind)
  return text
}

const kinds = ({ told }: Worker): unknown[] =>
  told.flatMap((each) => (each as { kind: string } | undefined)?.kind ?? [])

describe('an answer that differs from the stored one', () => {
  it.each<[string, string, string, string[]]>([
    ['in a member that does not count', '{"a":1,"serverTime":1}', '{"a":1,"serverTime":"later"}', ['first']],
    [
      'in a member of each item that does not count',
      '{"items":[{"id":1,"seenAt":1},{"id":2,"seenAt":1}]}',
      '{"items":[{"id":1,"seenAt":2},{"id":2,"seenAt":3}]}',
      ['first'],
    ],
    ['in a member that counts as well', '{"a":1,"serverTime":1}', '{"a":2,"serverTime":2}', ['first', 'changed']],
    ['in a member of that name elsewhere', '{"a":{"serverTime":1}}', '{"a":{"serverTime":2}}', ['first', 'changed']],
    ['in an item more', '{"items":[{"seenAt":1}]}', '{"items":[{"seenAt":1},{"seenAt":1}]}', ['first', 'changed']],
    ['and is malformed', '{"serverTime":1,', '{"serverTime":2,', ['first', 'changed']],
    ['and is no JSON', 'serverTime: 1', 'serverTime: 2', ['first', 'changed']],
  ])('%s', async (_, before, after, expected) => {
    const of = await worker()
    expect(await answered(of, before)).toBe(before)
    expect(await answered(of, after)).toBe(after)
    expect(kinds(of)).toEqual(expected)
    // The newer bytes are stored all the same.
    expect(await (await of.read({ ...RULE, fresh: 3600 })).text()).toBe(after)
  })

  it('is told where the rule does not say so', async () => {
    const of = await worker()
    await answered(of, '{"serverTime":1}', {})
    await answered(of, '{"serverTime":2}', {})
    expect(kinds(of)).toEqual(['first', 'changed'])
  })

  it('is told though a body of megabytes holds it', async () => {
    const items = (price: number): string =>
      JSON.stringify({
        items: Array.from({ length: 30_000 }, (_, id) => ({ id, price, seenAt: price })),
        serverTime: price,
      })
    const of = await worker()
    await answered(of, items(1))
    await answered(of, items(1).replaceAll(/"(seenAt|serverTime)":1/g, '"$1":9'))
    expect(kinds(of)).toEqual(['first'])
    await answered(of, items(2))
    expect(kinds(of)).toEqual(['first', 'changed'])
  })
})
