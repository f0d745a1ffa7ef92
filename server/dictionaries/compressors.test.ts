import { brotliDecompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { diceOf } from '../../bench/dice.ts'
import { findBrotli, findZstd } from './compressors.ts'
import { changedList, jsonOf, listOf } from './list.fixture.ts'

const dice = diceOf(1)
const rows = listOf(10_000, dice)
const [before, after] = [rows, changedList(rows, 100, dice)].map((list) => Buffer.from(jsonOf(list))) as [
  Buffer,
  Buffer,
]

test('this Node, or the library, compresses by a dictionary, 1 % changed of 10,000 rows to 0.2 % of the JSON', async () => {
  const compress = await findZstd()
  const frame = await compress?.(after, before)
  expect(frame?.byteLength).toBeGreaterThan(1000)
  expect(frame?.byteLength).toBeLessThan(after.byteLength / 500)
})

test('brotli is offered by the Nodes that have it with dictionaries, and by no other', async () => {
  const compress = await findBrotli()
  const [major = 0] = process.versions.node.split('.').map(Number)
  if (major <= 22) return expect(compress).toBeUndefined()
  if (compress === undefined) return expect(major).toBeLessThan(26)
  const stream = await compress(after, before)
  expect(stream.byteLength).toBeLessThan(after.byteLength / 500)
  // Types of Node 20 do not have the option.
  const options: object = { dictionary: before }
  expect(brotliDecompressSync(stream, options).equals(after)).toBe(true)
})
