import { expect, test } from '@playwright/test'
import type { Pool } from 'pg'
import { build } from 'vite'
import { diceOf, shuffled } from '../../bench/dice.ts'
import { hashPassword } from '../../server/demo/password.ts'
import { type RunningServer, startServer } from '../../server/demo/start-server.ts'
import { type Trip, TRIPS } from '../demo/tour.ts'
import type { Recorded } from '../support/recording-proxy.ts'
import { checkScreens, type Report, type Screen } from './screen-age.ts'
import { ShopHistory } from './shop-history.ts'
import { type Due, ShopUser } from './shop-user.ts'
import { type ShopWrite, WRITES } from './shop-writes.ts'

const FOLDER = 'dist/e2e-sync/demo'
const SEED = Number(process.env['SEED'])
const isFull = process.env['FULL'] === '1'

const PEOPLE = ['ada', 'grace', 'joan'] as const
/** The one who is without a network for a while, in this round, and where they go meanwhile. */
const AWAY = {
  who: 'joan',
  round: isFull ? 2 : 1,
  trips: [TRIPS.sell, TRIPS.products.slice(0, 1), TRIPS.stock.slice(0, 1)],
} as const
/** Pages that are open behind the one that their user looks at. */
const HIDDEN: Readonly<Record<string, string>> = isFull ? { ada: '/stock', grace: '/sell' } : { ada: '/stock' }

/** The part of the requests that is left at most. The goal is a fifth. */
const LEFT = 0.28

/** A round of all three at the same time. */
interface Round {
  readonly trips: Readonly<Record<string, readonly Trip[]>>
  readonly due: Readonly<Record<string, readonly Due[]>>
  /** What is changed past the API, while they go round. */
  readonly sql: readonly string[]
}

/** What the three do, by the seed: the same without the layer and with it. */
function planRounds(): Round[] {
  const dice = diceOf(SEED)
  const { price, rename, create, remove, sale, adjust, addCategory, removeCategory, order, receive, tax } = WRITES
  // What is deleted or received was made in an earlier round.
  const made = shuffled([price, rename, create, sale, addCategory, order], dice)
  const later = shuffled([remove, adjust, removeCategory, receive, tax, sale], dice)
  const decks: readonly (readonly ShopWrite[])[] = isFull
    ? [[], ...inPairs(made), ...inPairs(later), []]
    : [[], shuffled([price, sale, adjust], dice)]
  return decks.map((deck, round) => {
    const names = shuffled(PEOPLE, dice)
    const whole = Object.values(TRIPS)
    const short = [TRIPS.sell, TRIPS.products.slice(0, 1), TRIPS.categories, TRIPS.stock]
    const numberOf = (at: number): number => round * PEOPLE.length + at + 1
    return {
      trips: Object.fromEntries(names.map((who) => [who, shuffled<Trip>(isFull ? whole : short, dice)])),
      due: Object.fromEntries(
        names.map((who, at) => [who, deck.slice(at, at + 1).map((write) => ({ write, number: numberOf(at) }))]),
      ),
      sql: SQL[round] ?? [],
    }
  })
}

const inPairs = (writes: readonly ShopWrite[]): ShopWrite[][] => [0, 2, 4].map((at) => writes.slice(at, at + 2))

const moreStock = (pieces: number): string =>
  `update stock set on_hand = on_hand + ${pieces}
   where product_id in (select id from products order by lower(name), id limit 8)`

/** In which round SQL changes what the lists show first. The feed tells of all but the stock. */
const SQL: Readonly<Record<number, readonly string[]>> = {
  1: [
    moreStock(1000),
    'update products set price_cents = price_cents + 100000 where id in (select id from products order by lower(name), id limit 9)',
  ],
  3: [moreStock(2000), `insert into categories (name) values ('Aisle 3')`],
  5: [moreStock(3000), `update brands set name = name || ' (5)' where id = 5`],
}

/** What a day of the three came to. */
interface Day {
  /** What reached the API and the feed: of each user, in each round. The first began with the sign-in. */
  readonly requests: Readonly<Record<string, readonly (readonly Recorded[])[]>>
  readonly screens: readonly Screen[]
  readonly tookMs: number
}

interface DayOptions {
  readonly hasLayer: boolean
  readonly rounds: readonly Round[]
  /** What they do after the rounds; its requests are not counted. */
  readonly evening?: (users: readonly ShopUser[], pool: Pool) => Promise<void>
}

async function day({ pool, port }: RunningServer, { hasLayer, rounds, evening }: DayOptions): Promise<Day> {
  const users = await Promise.all(PEOPLE.map((who) => ShopUser.signIn(who, port, hasLayer)))
  try {
    for (const user of users) {
      const path = HIDDEN[user.who]
      if (path !== undefined) await user.openHidden(path)
    }
    const listening = (): boolean =>
      users.every(({ origin }) =>
        origin.recorded.some(({ path, status }) => path.startsWith('/events') && status === 200),
      )
    if (hasLayer) await expect.poll(listening, { message: 'all listen to the feed', timeout: 20_000 }).toBe(true)
    const requests: Record<string, Recorded[][]> = Object.fromEntries(PEOPLE.map((who) => [who, []]))
    const beganMs = Date.now()
    for (const [at, round] of rounds.entries()) {
      await Promise.all([changeBySql(pool, round), ...users.map((user) => goRound(user, round, at))])
      for (const user of users) await user.lookAtHidden()
      for (const { who, origin } of users) {
        const before = requests[who]?.flat().length ?? 0
        const asked = origin.recorded.filter(({ path }) => /^\/(api\/|events)/.test(path))
        requests[who]?.push(asked.slice(before))
      }
    }
    const tookMs = Date.now() - beganMs
    await evening?.(users, pool)
    const screens = (await Promise.all(users.map((user) => user.screens()))).flat()
    return { requests, screens, tookMs }
  } finally {
    for (const user of users) await user.close()
  }
}

async function goRound(user: ShopUser, { trips, due }: Round, at: number): Promise<void> {
  if (user.who === AWAY.who && at === AWAY.round) await user.goAway(AWAY.trips)
  await user.go(trips[user.who] ?? [], due[user.who])
}

async function changeBySql(pool: Pool, { sql }: Round): Promise<void> {
  for (const each of sql) {
    await pool.query(each)
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}

/** The three stay where the rules poll, and SQL changes the stock: each screen shows it. */
async function stand(users: readonly ShopUser[], pool: Pool): Promise<void> {
  const trips = [TRIPS.sell, TRIPS.stock.slice(0, 1), TRIPS.sell]
  await Promise.all(users.map((user, index) => user.go(trips.slice(index, index + 1))))
  const before = await Promise.all(users.map((user) => user.shownStock()))
  const beganMs = Date.now()
  await pool.query('update stock set on_hand = on_hand + 10000')
  const tookMs = await Promise.all(
    users.map(async (user, index) => {
      await user.showsOtherStock(before[index] ?? '')
      return Date.now() - beganMs
    }),
  )
  console.log(`stock changed by SQL, on screens that poll after ${tookMs.map(seconds).join(', ')}`)
  // Polls come every 30 s, or a quarter later.
  for (const ms of tookMs) expect(ms).toBeLessThan(45_000)
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)

/** Requests of all three, in each round. */
const byRound = ({ requests }: Day): readonly number[] =>
  Array.from({ length: requests[PEOPLE[0]]?.length ?? 0 }, (_, at) =>
    sum(PEOPLE.map((who) => requests[who]?.[at]?.length ?? 0)),
  )

const fewer = (after: number, before: number): string => `${((1 - after / before) * 100).toFixed(1)} % fewer`

/** The kind of a request: its method, and its path without what is one of many. */
const kindOf = ({ method, path }: Recorded): string =>
  `${method} ${path.split('?', 1)[0]?.replaceAll(/\/\d+/g, '/:id')}`

/** Requests of each kind and user, one line each: `GET /api/products: ada 12 → 3, …`. Undefined: there was no day without the layer. */
function tableOf(plain: Day | undefined, layered: Day): string {
  const of = (each: Day | undefined, who: string): readonly Recorded[] => (each?.requests[who] ?? []).flat()
  const kinds = [...new Set(PEOPLE.flatMap((who) => [...of(plain, who), ...of(layered, who)]).map(kindOf))].toSorted()
  const count = (each: Day, who: string, kind: string): number =>
    of(each, who).filter((request) => kind === 'all' || kindOf(request) === kind).length
  const counts = (who: string, kind: string): string =>
    (plain === undefined ? '' : `${count(plain, who, kind)} → `) + count(layered, who, kind)
  return [...kinds, 'all']
    .map((kind) => `  ${kind}: ${PEOPLE.map((who) => `${who} ${counts(who, kind)}`).join(', ')}`)
    .join('\n')
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const oldestIn = ({ oldest }: Report): string =>
  [...oldest]
    .map(
      ([from, { paints, ageMs, allowedMs }]) =>
        `  ${from}: ${paints} looks, the oldest ${seconds(ageMs)} where ${seconds(allowedMs)} are allowed`,
    )
    .join('\n')

/** What each user has shown of things that changed meanwhile. */
const changedIn = (screens: readonly Screen[], history: ShopHistory): ReadonlySet<string> =>
  new Set(
    screens.flatMap(({ who, paints }) =>
      paints.flatMap(({ facts }) =>
        facts.flatMap(({ key }) => {
          const id = history.idKey(key)
          return id !== undefined && history.countOf(id) > 1 ? `${who} ${id}` : []
        }),
      ),
    ),
  )

/** A day in a shop that nothing has happened in yet. */
async function dayInNewShop(options: DayOptions): Promise<Day & { readonly history: ShopHistory }> {
  const shop = await openShop()
  try {
    return { ...(await day(shop, options)), history: await ShopHistory.read(shop.pool) }
  } finally {
    await shop.close()
  }
}

async function openShop(): Promise<RunningServer> {
  const shop = await startServer({ port: 0, database: { kind: 'memory' }, staticFolder: FOLDER })
  await shop.pool.query(
    `insert into users (email, name, role, initials, password_hash)
     values ('joan@corner.example', 'Joan Clarke', 'clerk', 'JC', $1)`,
    [await hashPassword('joan')],
  )
  await ShopHistory.begin(shop.pool)
  return shop
}

test.beforeAll(() => build({ logLevel: 'warn', build: { outDir: `../../${FOLDER}` } }))

test('three users who write: no screen is older than its rule allows, and there are far fewer requests', async () => {
  const rounds = planRounds()
  // In short: what one without the layer would ask for is left out.
  const plain = isFull ? await dayInNewShop({ hasLayer: false, rounds }) : undefined
  const layered = await dayInNewShop({ hasLayer: true, rounds, ...(isFull && { evening: stand }) })
  const { history, screens } = layered
  const report = checkScreens(screens, history)
  const changed = changedIn(screens, history)
  console.log(
    `seed ${SEED}: ${sum(screens.map(({ paints }) => paints.length))} paints with ${report.values} values of the database, ` +
      `${changed.size} of things that changed; ${report.recalled.values} from a page's memory until the answer came, for ` +
      `${seconds(report.recalled.longestMs)} at most\n${oldestIn(report)}\n${tableOf(plain, layered)}`,
  )
  expect(report.faults).toEqual([])
  // The screens had something to be wrong about.
  expect(changed.size).toBeGreaterThan(10)
  if (plain === undefined) return
  const [without, with_] = [byRound(plain), byRound(layered)]
  // The first round is the one that fills the stores.
  const [before, after] = [sum(without.slice(1)), sum(with_.slice(1))]
  console.log(
    `requests by round: ${without.join(', ')} without the layer in ${seconds(plain.tookMs)}, ${with_.join(', ')} with it in ` +
      `${seconds(layered.tookMs)}: ${fewer(after, before)} after the first, ${fewer(sum(with_), sum(without))} from the sign-in on`,
  )
  // A tour without writes comes to less than a fifth (`e2e/demo/tour.spec.ts`). Here a write or a change by SQL comes for every
  // 30 pages. Each that concerns products has all three read all lists of products anew, and each write the bell. Stock and sales
  // are not told, so they are asked about every half minute that they are shown.
  expect(after).toBeLessThanOrEqual(before * LEFT)
})

/** The check itself has tests without a browser; this shows that the screens' facts reach it. */
if (isFull)
  test('a server that tells no client of changes is found out', async () => {
    const shop = await openShop()
    await shop.pool.query('drop trigger freshlayer_update on products')
    const evening = async (users: readonly ShopUser[], pool: Pool): Promise<void> => {
      await Promise.all(users.map((user) => user.go([TRIPS.sell])))
      await pool.query('update products set price_cents = price_cents + 100000')
      await new Promise((resolve) => setTimeout(resolve, 6000))
      await Promise.all(users.map((user) => user.go([TRIPS.units, TRIPS.sell])))
    }
    const { screens } = await day(shop, { hasLayer: true, rounds: [], evening })
    const { faults } = checkScreens(screens, await ShopHistory.read(shop.pool))
    await shop.close()
    for (const who of PEOPLE)
      expect(faults.filter((fault) => fault.startsWith(`${who} on /sell: price `)).length).toBeGreaterThan(0)
    console.log(`found out: ${faults.length} faults, such as ${faults[0]}`)
  })
