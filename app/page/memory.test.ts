import { expect, it } from 'vitest'
import { ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { bytes, epochMs } from '../../sw/core/units.ts'
import { Memory } from './memory.ts'

const rowAt = (memory: Memory, id: number): Row => ({
  shape: ROW_SHAPE,
  key: `key ${id}`,
  variant: '',
  partition: 'everyone',
  rule: 'rule',
  tags: [],
  url: `https://app.test/api/${id}`,
  request: { fields: new Map(), credentials: 'same-origin' },
  status: 200,
  statusText: '',
  fields: new Map(),
  sequence: memory.next(),
  requestedAtMs: epochMs(0),
  receivedAtMs: epochMs(0),
  storedAtMs: epochMs(0),
  digest: '',
  size: bytes(1),
  body: new ArrayBuffer(1),
})

it('ends what a write reaches, however many rows and writes there are (I13)', () => {
  const memory = new Memory({ all: bytes(1e9), rules: {} })
  const first = rowAt(memory, 0)
  memory.put(first)
  for (let id = 1; id < 200_000; id++) memory.put(rowAt(memory, id))
  for (let id = 0; id < 1100; id++) memory.invalidate([`url https://app.test/api/${id}`])
  expect(memory.isInvalidated(first)).toBe(true)
})
