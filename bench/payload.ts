/** Sizes of the answers, as the table names them. */
export const SMALL_BYTES = 2048
export const LARGE_BYTES = 500_000
const PAGE_BYTES = 8000
const SHELVED_BYTES = 200

/** As many different small answers: a page's burst of requests at its start. */
export const BURST = 20

/** Answers that every contender but `none` has stored. */
export const STORED = '/data/'

/** Answers that no rule or route of any contender matches. */
export const UNMATCHED = '/plain/'

const numbered = (folder: string): string[] => Array.from({ length: BURST }, (_, at) => `${folder}small/${at}`)

export const SMALL_URLS: readonly string[] = numbered(STORED)
export const LARGE_URL = `${STORED}large/0`
export const UNMATCHED_URLS: readonly string[] = numbered(UNMATCHED)

/** So many rows of a shelf: what is stored at scale. */
export const shelved = (shelf: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${STORED}shelf-${shelf}/${at}`)

/** So many different answers of 8 kB, from that number on. */
export const paged = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${STORED}page/${from + at}`)

/** A write to this path signs the user out. */
export const SESSION = '/session'

/** The bytes of a path, the same from the server and from the floor; undefined when there is nothing at that path. */
export function payloadOf(path: string): Uint8Array<ArrayBuffer> | undefined {
  const [, folder, size, number] = path.split('/')
  if (folder !== 'data' && folder !== 'plain') return undefined
  if (number === undefined || !/^\d+$/.test(number)) return undefined
  if (size === 'small') return rowsOf(Number(number), SMALL_BYTES)
  if (size === 'large') return rowsOf(Number(number), LARGE_BYTES)
  if (size === 'page') return rowsOf(Number(number), PAGE_BYTES)
  return size?.startsWith('shelf-') ? rowsOf(Number(number), SHELVED_BYTES) : undefined
}

/** JSON of exactly that length: a list of rows and a filler. */
function rowsOf(seed: number, bytes: number): Uint8Array<ArrayBuffer> {
  const rows: string[] = []
  let length = 0
  for (let id = seed * 1000; length < bytes - 200; id++) {
    const row = JSON.stringify({ id, name: `Product ${id}`, sku: `SKU-${id}`, price: (id % 997) / 10 })
    rows.push(row)
    length += row.length + 1
  }
  const start = `{"rows":[${rows.join()}],"filler":"`
  return new TextEncoder().encode(`${start.padEnd(bytes - 2, '.')}"}`)
}
