import { Device } from './device.ts'
import { expect, test, type World } from './world.ts'

// Two devices edit one row and do not know of each other. The policy says what becomes of the edit that arrives second, and no clock
// that is wrong.

interface Row {
  readonly id: number
  readonly name: string
  readonly note: string
}

const isFull = process.env['FULL'] !== undefined
const MERGE_PATCH = 'application/merge-patch+json'

/** An origin says its time in whole seconds: what a wrong clock has written is later or earlier than something else to within that. */
const APART_S = 1.5

/** What the row is called in the end: 'first' is the edit that arrives first. */
const ENDS: Readonly<Record<string, string>> = {
  // The row was written when the first edit arrived: later than both were made.
  'last-write-wins': 'first',
  'server-wins': 'first',
  'client-wins': 'second',
  ask: 'second',
  both: 'first and second',
}

/** Two devices of a new shop: the first one's clock is right. */
async function devices(world: World, clock: string): Promise<Readonly<Record<string, Device>>> {
  const { backend, browser } = world
  await backend.openShop(`clock-${clock}`, await world.build('conflicts'))
  const [one, other] = await browser.pages(2)
  if (one === undefined || other === undefined) throw new Error('there are two tabs')
  return {
    right: await new Device(one).open(backend.urlOf('right')),
    [clock]: await new Device(other).open(backend.urlOf(clock)),
  }
}

for (const clock of ['ahead', 'behind'] as const)
  test(`two devices edit one row offline, and the clock of one is an hour ${clock}`, async ({ world }) => {
    test.setTimeout(120_000)
    const { backend } = world
    const all = await devices(world, clock)
    const names = Object.keys(all)
    const both = [names, names.toReversed()]
    const orders = isFull ? both : both.slice(clock === 'ahead' ? 0 : 1).slice(0, 1)
    const row = async (path: string): Promise<Row> => {
      const [found] = (await backend.products()).filter(({ id }) => path.endsWith(`/${id}`))
      if (found === undefined) throw new Error(`${path} is not there`)
      return found
    }
    /** A row that both devices have read, and then do not reach. */
    const begun = async (kind: string, [one, other]: readonly [Device, Device]): Promise<string> => {
      const made = await one.act('POST', `/api/${kind}`, { name: 'base' })
      const path = `/api/${kind}/${made?.id}`
      for (const each of [one, other]) expect(await each.read<Row>(path)).toMatchObject({ name: 'base' })
      await backend.setDevicesAway(...names)
      return path
    }
    /** Both devices show what is there. */
    const same = async (path: string, name: string): Promise<void> => {
      const there = await row(path)
      expect(there.name, path).toBe(name)
      for (const each of Object.values(all))
        await expect
          .poll(() => each.read<Row>(path), { intervals: [20, 50, 100] })
          .toMatchObject({ name: there.name, note: there.note })
    }

    for (const order of orders) {
      const [firstName = '', secondName = ''] = order
      const [first, second] = [all[firstName], all[secondName]]
      if (first === undefined || second === undefined) throw new Error('there are two')
      const edit = async (device: Device, path: string, name: string): Promise<void> =>
        expect(await device.act('PUT', path, { name })).toMatchObject({ status: 202 })
      for (const [policy, end] of Object.entries(ENDS)) {
        const path = await begun(policy, [first, second])
        await edit(first, path, 'first')
        await edit(second, path, 'second')
        // Each shows its own.
        expect(await first.read<Row>(path)).toMatchObject({ name: 'first' })
        expect(await second.read<Row>(path)).toMatchObject({ name: 'second' })
        if (policy === 'last-write-wins') await backend.passed(APART_S)
        await backend.setDevicesAway(secondName)
        expect(await first.settled()).toEqual([])
        await backend.setDevicesAway()
        const asked = await second.settled()
        if (policy === 'ask') {
          expect(asked).toMatchObject([{ state: 'needs-you', why: 'conflict' }])
          expect((await row(path)).name).toBe('first')
          const theirs = await second.page.evaluate(async () => {
            const { outbox } = window.layer
            const [write] = await outbox.list()
            if (write === undefined) return undefined
            const found = await outbox.theirs(write.place)
            await outbox.retry(write.place)
            return found
          })
          expect(theirs).toMatchObject({ name: 'first' })
          expect(await second.settled()).toEqual([])
        } else expect(asked).toEqual([])
        await same(path, end)
      }

      // The second edit is made after the first one has arrived: it is the last one, whatever the device's clock says.
      const late = await begun('last-write-wins', [first, second])
      await backend.setDevicesAway(secondName)
      expect(await first.act('PUT', late, { name: 'first' })).toMatchObject({ status: 200 })
      await backend.passed(APART_S)
      await edit(second, late, 'second')
      await backend.setDevicesAway()
      expect(await second.settled()).toEqual([])
      await same(late, 'second')

      // Different members of a merge patch are no conflict.
      const parts = await begun('last-write-wins', [first, second])
      await first.act('PATCH', `${parts}?intent=name`, { name: 'first' }, MERGE_PATCH)
      await second.act('PATCH', `${parts}?intent=note`, { note: 'second' }, MERGE_PATCH)
      await backend.setDevicesAway(secondName)
      expect(await first.settled()).toEqual([])
      await backend.setDevicesAway()
      expect(await second.settled()).toEqual([])
      expect(await row(parts)).toMatchObject({ name: 'first', note: 'second' })
      await same(parts, 'first')
    }
  })
