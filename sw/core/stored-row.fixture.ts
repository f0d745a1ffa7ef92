import { fieldsOf } from './heads.fixture.ts'
import { ROW_SHAPE, type Row } from './row.ts'
import { sequence } from './sequence.ts'
import { bytes, type EpochMs, epochMs } from './units.ts'

/** 2026-03-01T12:00:00Z: when the row of `storedRow` was asked for, received and stored. */
export const STORED_AT: EpochMs = epochMs(1_772_366_400_000)

/** So many seconds after the row of `storedRow` was stored; negative for a clock that was set back. */
export const after = (seconds: number): EpochMs => epochMs(STORED_AT + seconds * 1000)

/** A stored 200 with a strong tag that says nothing about freshness, but for what a test is about. */
export const storedRow = (
  fields: Readonly<Record<string, string>> = { etag: '"one"', 'content-type': 'application/json' },
  other: Partial<Row> = {},
): Row => ({
  shape: ROW_SHAPE,
  key: 'everyone\nrow\nhttps://shop.example/api/products\nGET\nsame-origin\n*/*',
  variant: '',
  partition: 'everyone',
  rule: 'products',
  tags: ['products'],
  url: 'https://shop.example/api/products',
  request: { fields: fieldsOf(), credentials: 'same-origin' },
  status: 200,
  statusText: 'OK',
  sequence: sequence(1, 1),
  requestedAtMs: STORED_AT,
  receivedAtMs: STORED_AT,
  storedAtMs: STORED_AT,
  digest: 'digest-of-one',
  size: bytes(2),
  body: new ArrayBuffer(2),
  ...other,
  fields: fieldsOf(fields),
})
