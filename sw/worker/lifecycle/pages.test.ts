import { describe, expect, it, vi } from 'vitest'
import type { IdentifiedBy } from '../../../config/language/index.ts'
import { bytes } from '../../core/units.ts'
import { fakeDatabase, fakeLocks } from '../store/fake-database.fixture.ts'
import type { UseStore } from '../store/database.ts'

// After the globals of the fixture.
const { identified } = await import('../identity/identified.ts')
const { Secrets } = await import('../identity/secrets.ts')
const { ranges } = await import('../requests/ranges.ts')
const { ResponseStore } = await import('../requests/response-store.ts')
const { storeOver } = await import('../store/store.ts')
const { pagesBy } = await import('./pages.ts')

vi.spyOn(console, 'warn').mockImplementation(() => undefined)
vi.stubGlobal('clients', { matchAll: () => Promise.resolve([]), get: () => Promise.resolve() })

const RULE = {
  name: 'pages',
  public: false,
  fresh: 0,
  stale: 0,
  offline: 3600,
  trust: 'rule',
  keyHeaders: [],
  ignoreQuery: [],
}
const URL_ASKED = 'https://app.test/account'

/** A worker that keeps the pages of each user. */
function worker(database: UseStore, config: IdentifiedBy) {
  const store = storeOver(database, { version: '1', budget: { all: bytes(1e9), rules: {} } })
  const channel = { changes: () => undefined, announce: () => undefined, tellWorkers: () => undefined }
  const all = identified(config, { ...store, channel, secrets: new Secrets(store.writer) } as never)
  store.writer.activate()
  const shared = { ...store, structured: undefined, urlOf: (url: string) => url, channel, ranges, obstacles: undefined }
  const responses = new ResponseStore(shared as never)
  const pages = pagesBy(RULE as never, { ...store, responses, identity: all.identity, structured: undefined })
  return {
    ...all,
    writer: store.writer,
    /** The load of a page by a new client. */
    load: () => pages.begin({ request: new Request(URL_ASKED), resultingClientId: 'a new page' } as never),
    /** What a page gets without the network. */
    match: () => pages.match(new Request(URL_ASKED)),
    /** How many pages of a user are stored. */
    stored: async (user: string) => (await store.rows.rowsOf(URL_ASKED, [`user/${user}`])).length,
  }
}

const page = (fields: Record<string, string> = {}): Response =>
  new Response('<p>of ada', { headers: { 'content-type': 'text/html', ...fields } })

describe('a page of the server that is kept for its user', () => {
  it('is the one whom the page names once it runs', async () => {
    const of = worker((await fakeDatabase()).use, { by: ['identify'] })
    const keeping = of.load()(page())
    await of.identity.identify('a new page', 'ada')
    await keeping
    expect(await of.stored('ada')).toBe(1)
  })

  it('is not kept for a user who has signed in since it came', async () => {
    const of = worker((await fakeDatabase()).use, { by: ['identify'] })
    const keeping = of.load()(page())
    // In another tab.
    const end = await of.sessions.begin('sign-in')
    await end(true, 'a tab')
    await of.identity.identify('a new page', 'grace')
    await keeping
    expect(await of.stored('grace')).toBe(0)
  })

  it('does not tell what the backend calls a user who has signed in since it came', async () => {
    const of = worker((await fakeDatabase()).use, { by: ['identify', 'echo'], echo: 'X-User' })
    const keeping = of.load()(page({ 'x-user': 'u-ada' }))
    const end = await of.sessions.begin('sign-in')
    await end(true, 'a tab')
    await of.identity.identify('a new page', 'grace')
    await keeping
    expect(of.identity.isOther('user/grace', new Map([['x-user', 'u-grace']]))).toBe(false)
  })
})

it('a page that comes while a sign-in of another worker is under way is not kept', async () => {
  fakeLocks()
  const { use } = await fakeDatabase()
  await worker(use, { by: ['identify'] }).sessions.begin('sign-in')
  const of = worker(use, { by: ['identify'] })
  await of.writer.begin()
  const keeping = of.load()(page())
  await of.identity.identify('a new page', 'grace')
  await keeping
  expect(await of.stored('grace')).toBe(0)
  vi.stubGlobal('navigator', { userAgent: 'Chrome', onLine: true })
})

it('a page is shown to the last user where the state is late: nothing else can answer', async () => {
  const config: IdentifiedBy = { by: ['identify'], offlineIdentity: 'last' }
  const { use } = await fakeDatabase()
  const of = worker(use, config)
  const keeping = of.load()(page())
  await of.identity.identify('a new page', 'ada')
  await keeping
  await of.writer.write(() => undefined)
  let isFirst = true
  let goOn = (): void => undefined
  const free = new Promise<void>((resolve) => (goOn = resolve))
  const later = worker(async (mode, work) => {
    const isState = isFirst
    isFirst = false
    if (isState) await free
    return use(mode, work)
  }, config)
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const shown = later.match()
  await vi.advanceTimersByTimeAsync(3000)
  vi.useRealTimers()
  goOn()
  expect(await (await shown)?.text()).toBe('<p>of ada')
})
