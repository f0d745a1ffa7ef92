import type { Pool, PoolClient } from 'pg'

/** Numbers that a seed decides: 0 up to 1. */
export type Dice = () => number

const IDS = 1500

/**
 * Random transactions on the table of tasks, four at a time: new ones, edits, tasks that go to another tenant or get another
 * kind, soft and hard deletions and what undoes them; some of many rows, and some are rolled back.
 */
export async function writeTasks(
  pool: Pool,
  dice: Dice,
  transactions: number,
  tenants: readonly number[],
): Promise<void> {
  let left = transactions
  const writer = async (): Promise<void> => {
    while (left-- > 0) {
      const client = await pool.connect()
      try {
        await client.query('begin')
        for (let count = 1 + Math.floor(dice() * 5); count > 0; count--) await statement(client, dice, tenants)
        await client.query(dice() < 0.1 ? 'rollback' : 'commit')
      } catch (error) {
        await client.query('rollback')
        // Two writers that wait for each other: PostgreSQL ends one of them.
        if (!(error instanceof Error && 'code' in error && error.code === '40P01')) throw error
      } finally {
        client.release()
      }
    }
  }
  await Promise.all([writer(), writer(), writer(), writer()])
}

async function statement(client: PoolClient, dice: Dice, tenants: readonly number[]): Promise<void> {
  const id = 1 + Math.floor(dice() * IDS)
  const tenant = tenants[Math.floor(dice() * tenants.length)] ?? 1
  const kind = dice() < 0.5 ? 'a' : 'b'
  const which = dice()
  if (which < 0.35)
    await client.query(
      'insert into tasks (id, tenant, kind, title) values ($1, $2, $3, $4) on conflict (id) do update set title = excluded.title',
      [id, tenant, kind, `task ${dice()}`],
    )
  else if (which < 0.5) await client.query('update tasks set title = $2 where id = $1', [id, `again ${dice()}`])
  else if (which < 0.6) await client.query('update tasks set tenant = $2 where id = $1', [id, tenant])
  else if (which < 0.68) await client.query('update tasks set kind = $2 where id = $1', [id, kind])
  else if (which < 0.78)
    await client.query('update tasks set deleted_at = case when deleted_at is null then now() end where id = $1', [id])
  else if (which < 0.88) await client.query('delete from tasks where id = $1', [id])
  else if (which < 0.95)
    await client.query(
      `insert into tasks (id, tenant, kind, title)
       select n, $2, $3, 'many ' || n from generate_series($1::int, $1::int + 30) n on conflict do nothing`,
      [id, tenant, kind],
    )
  else if (which < 0.98)
    await client.query('update tasks set title = title || $3 where id between $1 and $2', [id, id + 40, '.'])
  else await client.query('delete from tasks where tenant = $1 and id between $2 and $3', [tenant, id, id + 100])
}
