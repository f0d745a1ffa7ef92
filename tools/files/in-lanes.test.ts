import { describe, expect, it } from 'vitest'
import { inLanes } from './in-lanes.ts'

describe('work in lanes', () => {
  it('gives the results in order, and has at most 32 under way', async () => {
    let under = 0
    let most = 0
    const items = Array.from({ length: 200 }, (_, index) => index)
    const results = await inLanes(items, async (item) => {
      most = Math.max(most, ++under)
      await new Promise((resolve) => setImmediate(resolve))
      under--
      return item * 2
    })
    expect(results).toEqual(items.map((item) => item * 2))
    expect(most).toBe(32)
  })

  it('rejects with the first failure', async () => {
    await expect(inLanes([1, 2], (item) => Promise.reject(new Error(`no ${item}`)))).rejects.toThrow('no 1')
  })

  it('does nothing for nothing', async () => {
    expect(await inLanes([], () => Promise.reject(new Error('asked')))).toEqual([])
  })
})
