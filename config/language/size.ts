import { type Bytes, bytes } from '../../sw/core/units.ts'

/** An amount of data with its unit, in steps of 1000: `'500kB'`, `'20MB'`, `'1.5GB'`. */
export type Size = `${number}${'kB' | 'MB' | 'GB'}`

export const SIZE = /^(\d+(?:\.\d+)?)([kMG]B)$/

const UNIT_BYTES: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 }

/** The size in bytes; `'invalid'` for anything that is not a {@link Size}. */
export function parseSize(value: unknown): Bytes | 'invalid' {
  const [, amount, unit = ''] = SIZE.exec(String(value)) ?? []
  const unitBytes = UNIT_BYTES[unit]
  return typeof value !== 'string' || unitBytes === undefined ? 'invalid' : bytes(Number(amount) * unitBytes)
}
