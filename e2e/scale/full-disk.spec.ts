import { numbered, shelved } from './effort.ts'
import { expect, test } from './stage.ts'

const ANSWER_BYTES = 100_000
/** For 20 answers and what a database needs besides. */
const ROOM_BYTES = 22 * ANSWER_BYTES
const STORED_LIMIT_MS = 15_000

test('60 answers of 100 kB on a disk with room for 20: the newest stay', async ({ stage }) => {
  await stage.begin()
  await stage.fill(shelved(5))
  await stage.room(ROOM_BYTES)
  const paths = numbered('files', 60)
  expect(await stage.read(paths, { parallel: 1 })).toMatchObject({ answered: 60, failures: [], wrong: [] })
  await stage.stored(paths.at(-1)!, undefined, STORED_LIMIT_MS)
  const newest = paths.slice(-10)
  expect(await stage.readOffline(newest)).toMatchObject({ answered: newest.length, failures: [], wrong: [] })
  await stage.workers.stop()
  expect(await stage.readOffline(newest)).toMatchObject({ answered: newest.length, failures: [], wrong: [] })
})

test('a disk with no room at all: writes are seen by the reads after them', async ({ stage }) => {
  await stage.begin()
  const paths = shelved(20)
  await stage.fill(paths)
  await stage.room('none')
  let version = 1
  for (const rest of [() => Promise.resolve(), () => stage.workers.stop()]) {
    for (let write = 0; write < 3; write++) {
      expect(await stage.write(['/api/shelves/0'])).toBe(1)
      version++
      await rest()
      expect(await stage.read(paths, { version })).toMatchObject({ answered: 20, failures: [], wrong: [] })
      expect((await stage.readOffline(paths, { version })).wrong).toEqual([])
    }
  }
  await stage.workers.stop()
  expect((await stage.readOffline(paths, { version })).wrong).toEqual([])
})
