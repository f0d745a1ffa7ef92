import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect } from './connect.ts'

describe('where no worker can run', () => {
  const said = vi.spyOn(console, 'info').mockImplementation(() => undefined)
  afterEach(() => said.mockClear())

  it('every question has an answer, and the reason is said once', async () => {
    const layer = connect({ identify: () => 'ada' })
    expect(layer.state).toEqual({ controlled: false, updateReady: false, offline: false, outdated: false })
    expect(await layer.explain('/api/x')).toMatchObject({ url: '/api/x', state: 'no-worker' })
    expect(await layer.refresh('/api/x')).toEqual({ outcome: 'no-worker' })
    expect(await layer.remove({ all: true })).toBe(0)
    expect((await layer.stats()).total).toMatchObject({ reads: 0, hits: 0 })
    await layer.invalidate({ tags: ['x'] })
    await layer.identify('grace')
    await layer.applyUpdate()
    const stop = layer.on('change', () => undefined)
    stop()
    layer.close()
    expect(said).toHaveBeenCalledTimes(1)
    expect(said.mock.calls[0]?.[0]).toContain('this page may have no service worker')
  })
})
