import { describe, expect, it } from 'vitest'
import { answering } from './answering.ts'

describe('a question of a tab', () => {
  const ask = answering(
    { reachable: true },
    { probe: ({ reachable }) => Promise.resolve({ reachable }), refresh: () => Promise.reject(new Error('no disk')) },
  )

  it('is answered by its answerer, which gets what the feature works with', async () => {
    expect(await ask({ ask: 'probe' }, 'a tab')).toEqual({ reachable: true })
  })

  it('fails as its answerer does', async () => {
    await expect(ask({ ask: 'refresh', url: '/api' }, 'a tab')).rejects.toThrow('no disk')
  })

  it('of a feature that is left out of the build is refused at once, with the reason', async () => {
    await expect(ask({ ask: 'stats' }, 'a tab')).rejects.toThrow('not in this build')
  })
})
