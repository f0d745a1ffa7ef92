import { createElement as h, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import useSWR, { SWRConfig } from 'swr'
import { expect, it, vi } from 'vitest'
import { connect } from '../connect.ts'
import { freshlayerSwr } from './index.ts'

it('on a server nothing is read, and nothing is followed', () => {
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  const fetcher = vi.fn(() => Promise.resolve({ price: 10 }))
  function Price(): ReactNode {
    return useSWR<{ readonly price: number }>('/api/products/1').data?.price ?? 'none'
  }
  const value = { ...freshlayerSwr(connect()), fetcher }
  expect(renderToString(h(SWRConfig, { value }, h(Price)))).toBe('none')
  expect(fetcher).not.toHaveBeenCalled()
})

it('a config of no layer is refused at once', () => {
  expect(() => freshlayerSwr(undefined as never)).toThrow(
    'freshlayer: freshlayerSwr() takes the layer that connect() gives',
  )
})
