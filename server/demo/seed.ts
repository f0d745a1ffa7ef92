import type { PoolClient } from 'pg'
import { BRANDS, SHELVES, UNITS } from './catalogue.ts'
import { seededDice } from './dice.ts'
import { hashPassword } from './password.ts'
import { makeProducts, makeVariants } from './sample-catalogue.ts'
import { before, DAY_MS, type SampleRow } from './sample-row.ts'
import { DAYS_OF_TRADE, makeMovements, makePurchases, makeSales } from './sample-trade.ts'
import type { TableName } from './schema.ts'

/**
 * Fills the empty tables with a shop that has traded for 60 days. The same `now` gives the same shop but for the salts
 * of the passwords.
 *
 * @param client inside a transaction, so that an interrupted seed leaves nothing.
 */
export async function seedShop(client: PoolClient, now: Date): Promise<void> {
  const dice = seededDice(20_260_101)
  const opened = before(now, DAYS_OF_TRADE)
  const insert = (table: TableName, rows: readonly SampleRow[]): Promise<void> =>
    insertRows(
      client,
      table,
      rows.map((row) => ({ updated_at: opened, ...row })),
    )
  const catalogue = makeProducts(dice, now)
  const { products, stock } = catalogue

  await insert('users', await makeUsers())
  await insert('preferences', [
    { user_id: 1, density: 'comfortable', start_page: '/' },
    { user_id: 2, density: 'compact', start_page: '/stock' },
  ])
  await insert('tasks', makeTasks(now))
  await insert(
    'categories',
    SHELVES.map(({ name }, index) => ({ id: index + 1, name })),
  )
  await insert(
    'brands',
    BRANDS.map(([name, country], index) => ({ id: index + 1, name, country })),
  )
  await insert(
    'units',
    UNITS.map(([name, symbol], index) => ({ id: index + 1, name, symbol })),
  )
  await insert(
    'products',
    products.map((product) => product.row),
  )
  await insert('stock', stock)
  await insert('variants', makeVariants(dice, products, stock))
  await insert('stock_movements', makeMovements(dice, now))
  const sales = makeSales(dice, products, now)
  await insert('sales', sales.sales)
  await insert('sale_lines', sales.lines)
  const purchases = makePurchases(dice, products, now)
  await insert('purchases', purchases.purchases)
  await insert('purchase_lines', purchases.lines)
  await insert('settings', [
    {
      id: 1,
      shop_name: 'Corner Supply Co.',
      currency: 'EUR',
      tax_percent: 21,
      receipt_footer: 'Thank you for shopping around the corner. Returns within 30 days with this receipt.',
    },
  ])
  await insert('till', [{ id: 1, opened_at: startOfDay(now).toISOString(), user_id: 2, opening_cents: 15_000 }])
}

async function makeUsers(): Promise<readonly SampleRow[]> {
  const users = [
    { id: 1, email: 'ada@corner.example', name: 'Ada Byron', role: 'manager', initials: 'AB', password: 'ada' },
    { id: 2, email: 'grace@corner.example', name: 'Grace Hopper', role: 'clerk', initials: 'GH', password: 'grace' },
  ]
  return Promise.all(
    users.map(async ({ password, ...user }) => ({ ...user, password_hash: await hashPassword(password) })),
  )
}

function makeTasks(now: Date): readonly SampleRow[] {
  const titles: readonly (readonly string[])[] = [
    [
      'Approve the week’s purchase orders',
      'Check margins on coffee and tea',
      'Call Northgate Wholesale about the late pallet',
      'Plan the shelves for the holiday season',
      'Sign off last month’s stock count',
    ],
    [
      'Count the battery display',
      'Put new price labels on the bakery shelf',
      'Refill the till with coins',
      'Unpack the Tideway Drinks delivery',
      'Move short-dated dairy to the front',
      'Water the seedlings by the door',
    ],
  ]
  return titles.flatMap((own, user) =>
    own.map((title, index) => ({
      id: user * 100 + index + 1,
      user_id: user + 1,
      title,
      done: index === own.length - 1,
      due_on: new Date(now.getTime() + (index - 1) * DAY_MS).toISOString().slice(0, 10),
    })),
  )
}

/** Inserts all rows in one statement and moves the table's id sequence past them. Columns left out keep their defaults. */
async function insertRows(client: PoolClient, table: TableName, rows: readonly SampleRow[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  if (columns.length === 0) return
  const list = columns.join(', ')
  await client.query(
    `insert into ${table} (${list}) select ${list} from json_populate_recordset(null::${table}, $1::json)`,
    [JSON.stringify(rows)],
  )
  const usesSequence = columns.includes('id') && table !== 'settings' && table !== 'till'
  if (usesSequence) {
    await client.query(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`)
  }
}

const startOfDay = (now: Date): Date => new Date(`${now.toISOString().slice(0, 10)}T00:00:00.000Z`)
