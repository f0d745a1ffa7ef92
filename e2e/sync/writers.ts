import type { Pool, PoolClient } from 'pg'

/** Numbers that a seed decides: 0 up to 1. */
export type Dice = () => number

/** A writer that commits what the dice say: short and long transactions, deletes, updates of one row, and some roll back. */
export async function write(pool: Pool, dice: Dice, commits: number, ids: number): Promise<number> {
  let written = 0
  while (written < commits) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      const statements = dice() < 0.9 ? 1 : 1 + Math.floor(dice() * 8)
      for (let count = 0; count < statements; count++) await statement(client, dice, ids)
      // A long one: others commit meanwhile, with a later number.
      if (dice() < 0.02) await client.query('select pg_sleep($1)', [dice() * 0.3])
      if (dice() < 0.05) await client.query('rollback')
      else {
        await client.query('commit')
        written++
      }
    } catch (error) {
      await client.query('rollback')
      // Two writers that wait for each other: PostgreSQL ends one of them.
      if ((error as { code?: string }).code !== '40P01') throw error
    } finally {
      client.release()
    }
  }
  return written
}

async function statement(client: PoolClient, dice: Dice, ids: number): Promise<void> {
  const id = 1 + Math.floor(dice() * ids)
  const which = dice()
  if (which < 0.45)
    await client.query(
      `insert into items (id, name) values ($1, $2) on conflict (id) do update set name = excluded.name`,
      [id, `name ${Math.floor(dice() * 1e6)}`],
    )
  else if (which < 0.75) await client.query('update items set name = $2 where id = $1', [id, `again ${dice()}`])
  else if (which < 0.9) await client.query('delete from items where id = $1', [id])
  else
    await client.query('update items set deleted_at = case when deleted_at is null then now() end where id = $1', [id])
}
