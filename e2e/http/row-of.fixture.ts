import type { Fields } from '../../sw/core/head.ts'
import { ROW_SHAPE, type Row } from '../../sw/core/row.ts'
import { sequence } from '../../sw/core/sequence.ts'
import { bytes, type EpochMs } from '../../sw/core/units.ts'

/** A stored response that was asked for and received at one instant. */
export const rowOf = (fields: Fields, status: number, variant: string, at: EpochMs): Row => ({
  shape: ROW_SHAPE,
  key: 'key',
  variant,
  partition: 'everyone',
  rule: 'rule',
  tags: [],
  url: 'https://a.test/',
  request: { fields: new Map(), credentials: 'same-origin' },
  status,
  statusText: '',
  fields,
  sequence: sequence(1, 1),
  requestedAtMs: at,
  receivedAtMs: at,
  storedAtMs: at,
  digest: '',
  size: bytes(0),
  body: new ArrayBuffer(0),
})
