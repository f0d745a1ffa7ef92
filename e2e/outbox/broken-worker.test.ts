import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BREAKS } from './broken-worker.ts'

// A run of the schedules builds one of them, so another one may not follow the code for long.
const CHANGES = Object.entries(BREAKS).flatMap(([name, changes]) =>
  changes.map(({ file, from }) => [name, file, from] as const),
)

test.each(CHANGES)('the worker that is broken (%s) changes what is in %s', (_, file, from) => {
  expect(readFileSync(`sw/${file}`, 'utf8').split(from)).toHaveLength(2)
})
