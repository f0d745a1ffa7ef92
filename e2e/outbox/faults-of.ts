import { expect, type Page } from '@playwright/test'
import type { Performed, WritesBackend } from './backend.ts'
import type { Intent, Schedule } from './schedule.ts'

/** For how long what is queued may take once nothing goes wrong any more. Refused credentials are tried again after ten seconds. */
const DRAIN_MS = 30_000

/** For how long a tab may take to show it. Milliseconds. */
const SHOW_MS = 5000

/**
 * Plays a schedule to its end, and says what is not as the user has been told. Empty: each accepted write is in the database once, in
 * order within its product, and all tabs show what is there.
 *
 * @param hasKeys the backend honours keys. Without them a change may be sent twice, because that is the same as once.
 */
export async function faultsIn(
  schedule: Schedule,
  backend: WritesBackend,
  hasKeys: boolean,
  drainMs = DRAIN_MS,
): Promise<string[]> {
  await schedule.play()
  await schedule.heal()
  const [page] = schedule.pages
  if (page === undefined) throw new Error('no page is open')
  const left = await drained(page, backend, drainMs)
  if (left.length > 0) return left.map((write) => `it waits: ${write}`)
  const faults = wrongIn(schedule.intents, await backend.performed(), hasKeys)
  // One device writes here: what it has queued never conflicts with what it has queued before.
  const conflicts = hasKeys ? await backend.conflicts() : 0
  if (conflicts > 0) faults.push(`${conflicts} writes were refused because of the device's own`)
  const rows = (await backend.products()).map(({ id, name }) => `${id} ${name}`)
  for (const [tab, each] of schedule.pages.entries()) {
    const shown = (): Promise<string[]> =>
      each.evaluate(async () => (await window.productRows()).map(({ id, name }) => `${String(id)} ${name}`))
    const isSame = async (): Promise<boolean> => JSON.stringify(await shown()) === JSON.stringify(rows)
    if (!(await holds(isSame, SHOW_MS)))
      faults.push(`tab ${tab} shows ${JSON.stringify(await shown())}, and there is ${JSON.stringify(rows)}`)
  }
  return faults
}

/** Whether a condition holds before long. */
const holds = (condition: () => Promise<boolean>, timeout: number): Promise<boolean> =>
  expect
    .poll(condition, { timeout, intervals: [20, 50, 100, 100, 250] })
    .toBe(true)
    .then(
      () => true,
      () => false,
    )

/** What still waits in the end. The user says of what needs them that it is to be sent, unless they see that it is there. */
async function drained(page: Page, backend: WritesBackend, timeout: number): Promise<string[]> {
  let left: string[] = []
  await holds(async () => {
    const done = (await backend.performed()).map(({ intent }) => intent)
    left = await page.evaluate(async (performed) => {
      const { outbox } = window.layer
      for (const { place, state, why, method } of await outbox.list()) {
        if (state !== 'needs-you' && state !== 'dead') continue
        const body = await outbox.read(place)
        const { name } = (method === 'POST' && body ? JSON.parse(new TextDecoder().decode(body)) : {}) as {
          name?: string
        }
        if (why === 'outcome' && name !== undefined && performed.includes(name)) await outbox.discard(place)
        else await outbox.retry(place)
      }
      await outbox.counts()
      await window.productRows()
      return (await outbox.list()).map((write) => JSON.stringify(write))
    }, done)
    return left.length === 0
  }, timeout)
  return left
}

const keysOf = (name: string, performed: readonly Performed[]): string =>
  performed.flatMap(({ intent, key }) => (intent === name ? [key ?? 'none'] : [])).join(', ')

/** What is not as the user has been told. */
function wrongIn(intents: readonly Intent[], performed: readonly Performed[], hasKeys: boolean): string[] {
  const wrong: string[] = []
  const methods = new Map(intents.map(({ name, method }) => [name, method]))
  // By the product: what one after the other is the same is once.
  const last = new Map<number, string>()
  const names: string[] = []
  for (const { intent, product } of performed) {
    const isAgain = !hasKeys && methods.get(intent) !== 'POST' && last.get(product) === intent
    last.set(product, intent)
    if (!isAgain) names.push(intent)
  }
  const times = new Map<string, number>()
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1)
  for (const { name, method, heard } of intents) {
    const count = times.get(name) ?? 0
    if (count > 1) wrong.push(`${name} ${method} is there ${count} times, with the keys ${keysOf(name, performed)}`)
    if (heard === undefined) continue
    if (heard.status < 400 && count === 0)
      wrong.push(`${name} ${method} was accepted with ${heard.status} and is not there`)
    if (heard.status >= 400 && count > 0) wrong.push(`${name} ${method} was refused with ${heard.status} and is there`)
  }
  const places = new Map(names.map((name, at) => [name, at]))
  for (const product of new Set(intents.map((intent) => intent.product))) {
    const there = intents.filter((intent) => intent.product === product && places.has(intent.name))
    for (const [at, { name }] of there.entries()) {
      const before = there[at - 1]
      if (before !== undefined && (places.get(before.name) ?? 0) > (places.get(name) ?? 0))
        wrong.push(`${name} is before ${before.name}, which the user wrote first`)
    }
  }
  return wrong
}
