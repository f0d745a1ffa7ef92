import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { type Arrived, worker } from './worker.fixture.ts'

const { VersionedSender } = await import('./versions.ts')

const LIGHT = 'https://app.test/api/versions'
const ITEMS = 'https://app.test/api/items'
const RULE = { name: 'items', versions: { url: '/api/versions' } }

const beganMs = Date.now()
let passedMs = 0
vi.spyOn(Date, 'now').mockImplementation(() => beganMs + passedMs)
vi.spyOn(performance, 'now').mockImplementation(() => 1000 + passedMs)

/** What happens next: to an item, by the page, or to the request to the origin that is under way, the oldest or the newest. */
type Step =
  | { readonly does: 'change' | 'remove'; readonly item: number }
  | { readonly does: 'read' | 'invalidate' | 'pass' }
  | { readonly does: 'answer' | 'fail' | 'break off'; readonly newest: boolean }

const item = fc.integer({ min: 0, max: 3 })
const newest = fc.boolean()
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constantFrom('change' as const, 'change' as const, 'remove' as const), item }),
  fc.record({ does: fc.constantFrom('read' as const, 'read' as const, 'invalidate' as const, 'pass' as const) }),
  fc.record({ does: fc.constantFrom('answer' as const, 'answer' as const, 'answer' as const), newest }),
  fc.record({ does: fc.constantFrom('fail' as const, 'break off' as const), newest }),
)

/** Lets go on whatever can. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

/** What was changed and never named, in the order of these steps. */
async function unnamed(steps: readonly Step[]): Promise<readonly string[]> {
  const of = await worker({
    Sender: VersionedSender,
    match: () => ({ kind: 'read', rule: RULE, tags: [], params: {} }),
  })
  of.store.writer.activate()
  const items = new Map([...'0123'].map((id) => [id, 1]))
  let version = 1
  const pending: Arrived[] = []
  of.arrived.push = (...all) => pending.push(...all)
  const state = (): string => JSON.stringify([...items].map(([id, updatedAt]) => ({ id, updatedAt })))
  const respond = ({ request, answer, fail }: Arrived, how: 'answer' | 'fail' | 'break off'): void => {
    if (how === 'fail') return fail()
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode(how === 'answer' ? state() : state().slice(0, 5)))
        if (how === 'answer') stream.close()
        else stream.error(new TypeError('network error'))
      },
    })
    answer(new Response(body, request.url === LIGHT ? {} : { headers: { 'cache-control': 'no-cache' } }))
  }
  const read = (): void =>
    void of
      .read(RULE, {}, {}, ITEMS)
      .then((response) => response.text())
      .catch(() => undefined)
  const settle = async (): Promise<void> => {
    do {
      for (const each of pending.splice(0)) respond(each, 'answer')
      for (let turns = 0; turns < 30 && pending.length === 0; turns++) await turn()
    } while (pending.length > 0)
  }
  const rest = async (): Promise<void> => {
    for (let at = 0; at < 3; at++) {
      read()
      await settle()
      passedMs += 2000
    }
  }
  await rest()
  const before = new Map(items)
  const first = of.told.length
  for (const each of steps) {
    if (each.does === 'change') items.set(String(each.item), ++version)
    else if (each.does === 'remove') items.delete(String(each.item))
    else if (each.does === 'read') read()
    else if (each.does === 'pass') passedMs += 2000
    else if (each.does === 'invalidate') void of.write(undefined, {}, ITEMS).catch(() => undefined)
    else if ('newest' in each) {
      const next = each.newest ? pending.pop() : pending.shift()
      if (next) respond(next, each.does)
    }
    for (let turns = 0; turns < 4; turns++) await turn()
  }
  await settle()
  passedMs += 61_000
  await rest()
  const named = new Set(
    of.told.slice(first).flatMap((told) => {
      const { diff } = (told ?? {}) as { readonly diff?: Readonly<Record<string, readonly string[]>> }
      return Object.values(diff ?? {}).flat()
    }),
  )
  return [...'0123'].filter((id) => before.get(id) !== items.get(id) && !named.has(id))
}

it('what has changed is named, in whatever order requests cross, fail and break off', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      expect(await unnamed(steps)).toEqual([])
    }),
    { numRuns: 20, endOnFailure: true },
  )
}, 600_000)
