/** The short run of CI stores fewer rows and makes fewer writes; it takes at most two minutes. */
export const isFull = process.env['FULL'] !== undefined

const scaled = (name: string, full: number, short: number): number =>
  Number(process.env[name] ?? (isFull ? full : short))

export const ROWS = scaled('ROWS', 20_000, 1500)
/** Where the moment of a stop matters more than the number of rows. */
export const STOPPED_ROWS = scaled('ROWS', 20_000, 600)
export const BURSTS: readonly number[] = isFull ? [300, 600] : [300]
/** So many URLs a page shows at once. */
export const SHOWN = scaled('SHOWN', 5000, 400)
export const WRITES = scaled('WRITES', 10_000, 1000)

/** So many rows carry the same tag. */
export const PER_SHELF = 200

/** The paths of so many rows: shelves of 200. */
export const shelved = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `/api/shelves/${Math.floor(at / PER_SHELF)}/${at}`)

export const numbered = (folder: 'pages' | 'files', count: number): string[] =>
  Array.from({ length: count }, (_, at) => `/api/${folder}/${at}`)

/** From which each test has its own random numbers: the same seed gives the same moments. */
export const SEED = Number(process.env['SEED'] ?? 0)

/** Random numbers in [0, 1) that the seed and a name give again (mulberry32). */
export function diceOf(name: string): () => number {
  let state = [...name].reduce((sum, letter) => Math.imul(sum, 31) + (letter.codePointAt(0) ?? 0), SEED)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
