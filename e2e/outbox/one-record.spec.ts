import { seededDice } from '../../server/demo/dice.ts'
import { Device } from './device.ts'
import { expect, test } from './world.ts'

const isFull = process.env['FULL'] !== undefined
const SEED = Number(process.env['SEED'])
const EDITS = isFull ? 200 : 40
const MERGE_PATCH = 'application/merge-patch+json'

interface Row {
  readonly id: unknown
  readonly name: string
  readonly note: string
}

for (const [rules, sent] of [
  ['outbox', ['made', 'edit 1', 'edit 2', 'edit 3', 'gone']],
  // The create was tried, so it may be there. The three edits are one.
  ['coalescing', ['made', 'edit 3', 'gone']],
] as const)
  test(`a row is created, edited three times and deleted offline, and then all of it is sent (${rules})`, async ({
    world,
  }) => {
    const { backend, browser } = world
    await backend.openShop('one-row', await world.build(rules))
    const [page] = await browser.pages(1)
    if (page === undefined) throw new Error('there is one tab')
    const device = await new Device(page).open(backend.url)
    expect(await device.read<Row[]>('/api/products')).toEqual([])
    await backend.setAway(true)
    const made = await device.act('POST', '/api/products', { name: 'made' })
    expect(made).toMatchObject({ status: 202, id: expect.stringContaining('tmp-') as unknown })
    const path = `/api/products/${made?.id}`
    for (let edit = 1; edit <= 3; edit++) {
      expect(await device.act('PUT', path, { name: `edit ${edit}` })).toMatchObject({ status: 202, id: made?.id })
      expect(await device.read<Row>(path)).toMatchObject({ id: made?.id, name: `edit ${edit}` })
      expect(await device.read<Row[]>('/api/products')).toMatchObject([{ id: made?.id, name: `edit ${edit}` }])
    }
    // The document is loaded anew, in another worker.
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('ServiceWorker.enable')
    await cdp.send('ServiceWorker.stopAllWorkers')
    await cdp.detach()
    await device.open(backend.url)
    expect(await device.read<Row[]>('/api/products')).toMatchObject([{ id: made?.id, name: 'edit 3' }])
    expect(await device.act('DELETE', `${path}?intent=gone`)).toMatchObject({ status: 204 })
    expect(await device.read<Row>(path)).toBeUndefined()
    expect(await device.read<Row[]>('/api/products')).toEqual([])
    await backend.setAway(false)
    expect(await device.settled()).toEqual([])
    expect((await backend.performed()).map(({ intent }) => intent)).toEqual(sent)
    expect(await backend.conflicts()).toBe(0)
    expect(await backend.products()).toEqual([])
    expect(await device.read<Row[]>('/api/products')).toEqual([])
  })

for (const [line, wayMs] of [
  ['fast', 0],
  ['slow', 60],
] as const) {
  test(`of ${EDITS} rapid edits of one row on a ${line} line each arrives, in order`, async ({ world }) => {
    test.setTimeout(120_000)
    const { backend, browser } = world
    await backend.openShop(`rapid-${line}`, await world.build('conflicts'))
    const [page] = await browser.pages(1)
    if (page === undefined) throw new Error('there is one tab')
    const device = await new Device(page).open(backend.url)
    const made = await device.act('POST', '/api/ask', { name: 'made' })
    const path = `/api/ask/${made?.id}`
    await device.read<Row>(path)
    await backend.setWay(wayMs)
    // None of them waits for the one before. Some are long.
    const statuses = await page.evaluate(
      ([url, count]) =>
        Promise.all(
          Array.from({ length: count }, (_, at) => {
            const note = 'x'.repeat(at % 7 === 0 ? 20_000 : 1)
            return window.act('PUT', `${url}?intent=${at}`, { name: `edit ${at}`, note }).then((heard) => heard?.status)
          }),
        ),
      [path, EDITS] as const,
    )
    expect(statuses.filter((status) => status !== 200 && status !== 202)).toEqual([])
    expect(await device.settled()).toEqual([])
    const performed = (await backend.performed()).slice(1).map(({ intent }) => Number(intent))
    expect(performed).toEqual(Array.from({ length: EDITS }, (_, at) => at))
    expect(await backend.conflicts()).toBe(0)
    expect(await backend.products()).toMatchObject([{ name: `edit ${EDITS - 1}` }])
    await expect.poll(() => device.read<Row>(path)).toMatchObject({ name: `edit ${EDITS - 1}` })
  })

  for (const members of [
    ['name', 'name'],
    ['name', 'note'],
  ] as const)
    test(`of rapid edits by two clients of ${members.join(' and ')} on a ${line} line the last ones hold`, async ({
      world,
    }) => {
      test.setTimeout(120_000)
      const { backend, browser } = world
      const { below } = seededDice(SEED)
      await backend.openShop(`two-${line}-${members[1]}`, await world.build('conflicts'))
      const pages = await browser.pages(2)
      const devices: Device[] = []
      for (const [at, page] of pages.entries()) devices.push(await new Device(page).open(backend.urlOf(`client${at}`)))
      const made = await devices[0]?.act('POST', '/api/last-write-wins', { name: 'made' })
      const path = `/api/last-write-wins/${made?.id}`
      for (const device of devices) await device.read<Row>(path)
      await backend.setWay(wayMs)
      const ends = await Promise.all(
        devices.map(async (device, at) => {
          const member = members[at] ?? 'name'
          for (let edit = 0; edit < EDITS / 4; edit++) {
            // Some go beside each other.
            const isAwaited = below(2) === 0
            const heard = device.act(
              'PATCH',
              `${path}?intent=${at}-${edit}`,
              { [member]: `${at}-${edit}` },
              MERGE_PATCH,
            )
            if (isAwaited) await heard
          }
          const end = `${at}-end`
          await device.act('PATCH', `${path}?intent=${end}`, { [member]: end }, MERGE_PATCH)
          return end
        }),
      )
      for (const device of devices) expect(await device.settled()).toEqual([])
      const [row] = await backend.products()
      if (members[1] === 'note') expect(row).toMatchObject({ name: ends[0], note: ends[1] })
      else expect(ends).toContain(row?.name)
      const { name, note } = row ?? {}
      for (const device of devices) await expect.poll(() => device.read<Row>(path)).toMatchObject({ name, note })
    })
}
