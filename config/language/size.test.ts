import { describe, expect, it } from 'vitest'
import { parseSize } from './size.ts'

describe('a size', () => {
  it.each([
    ['500kB', 500_000],
    ['20MB', 20_000_000],
    ['1.5GB', 1_500_000_000],
    ['0kB', 0],
  ])('%s is %d bytes', (text, size) => {
    expect(parseSize(text)).toBe(size)
  })

  it.each(['', '20', '20mb', '20 MB', '-1kB', 'MB', '1e3kB', '1.kB', 5, null, undefined, ['5kB']])(
    'is not %j',
    (value) => {
      expect(parseSize(value)).toBe('invalid')
    },
  )
})
