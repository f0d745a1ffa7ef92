import { emptyDataFolder } from '../server/demo/memory-database.fixture.ts'

/** Makes before the tests what several of them would make at the same time. */
export async function setup(): Promise<void> {
  await emptyDataFolder()
}
