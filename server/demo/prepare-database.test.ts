import { expect, test } from 'vitest'
import { undoing } from '../sync/migration.ts'
import { openMemoryDatabase } from './memory-database.fixture.ts'
import { prepareDatabase } from './prepare-database.ts'

test('a shop of an earlier version of the demo, which logged fewer tables, keeps its rows and logs all', async () => {
  const database = await openMemoryDatabase()
  try {
    await prepareDatabase(database, new Date())
    await database.pool.query(undoing({ entity: 'tasks', table: 'tasks' }))
    await database.pool.query(`update products set name = 'kept' where id = 7`)
    await prepareDatabase(database, new Date())
    await database.pool.query('update tasks set done = not done where id = 1')
    const { rows } = await database.pool.query<{ entity: string }>('select entity from freshlayer.changes order by id')
    expect(rows.map(({ entity }) => entity)).toEqual(['products', 'tasks'])
  } finally {
    await database.close()
  }
})
