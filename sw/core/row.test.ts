import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRow, ROW_SHAPE } from './row.ts'
import { storedRow } from './stored-row.fixture.ts'

const ROW = storedRow()

describe('a stored record', () => {
  it('is the row it was written as', () => {
    expect(parseRow(ROW)).toBe(ROW)
    expect(parseRow(structuredClone(ROW))).toEqual(ROW)
  })

  it('may have a handle for its body', () => {
    const row = storedRow({}, { body: new Blob(['body']) })
    expect(parseRow(row)).toBe(row)
  })

  it.each([
    ['of a later shape', { shape: ROW_SHAPE + 1 }],
    ['of an earlier shape', { shape: ROW_SHAPE - 1 }],
    ['of no shape', { shape: undefined }],
    ['of a shape that only looks right', { shape: String(ROW_SHAPE) }],
    ['without fields', { fields: undefined }],
    ['with plain objects for fields', { fields: {} }],
    ['without the request', { request: undefined }],
    ['with null for the request', { request: null }],
    ['without the fields of the request', { request: { credentials: 'omit' } }],
    ['without a body', { body: undefined }],
    ['with null for a body', { body: null }],
    ['with text for a body', { body: 'text' }],
    ['without tags', { tags: undefined }],
    ['with a tag for tags', { tags: 'products' }],
    ['without a sequence', { sequence: undefined }],
    ['with text for a sequence', { sequence: '1' }],
    ['without a key', { key: undefined }],
    ['without a URL', { url: undefined }],
    ['without a variant', { variant: undefined }],
    ['without a partition', { partition: 1 }],
  ])('is a miss %s', (_, other) => {
    expect(parseRow({ ...ROW, ...other })).toBeUndefined()
  })

  it('is a miss, whatever else it is', () => {
    fc.assert(fc.property(fc.anything(), (record) => parseRow(record) === undefined))
  })

  it('is a miss, whatever else has its shape', () => {
    const broken = fc.record({ fields: fc.anything(), request: fc.anything(), body: fc.anything() })
    fc.assert(fc.property(broken, (other) => parseRow({ shape: ROW_SHAPE, ...other }) === undefined))
  })
})
