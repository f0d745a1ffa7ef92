import type { Fields, RequestHead, ResponseHead } from './head.ts'

export const fieldsOf = (record: Readonly<Record<string, string>> = {}): Fields => new Map(Object.entries(record))

/** A page's plain GET, but for what a test is about. */
export const requestHead = (
  fields: Readonly<Record<string, string>> = {},
  other: Partial<Omit<RequestHead, 'fields'>> = {},
): RequestHead => ({
  method: 'GET',
  url: 'https://shop.example/api/products',
  cache: 'default',
  ...other,
  fields: fieldsOf(fields),
})

/** A plain answer of the origin, but for what a test is about. */
export const responseHead = (
  status: number,
  fields: Readonly<Record<string, string>> = {},
  other: Partial<Omit<ResponseHead, 'fields' | 'status'>> = {},
): ResponseHead => ({ statusText: '', redirected: false, opaque: false, ...other, status, fields: fieldsOf(fields) })
