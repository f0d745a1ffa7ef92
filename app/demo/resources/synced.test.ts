// @vitest-environment happy-dom
import { createElement as h, type ReactNode } from 'react'
import { expect, it, vi } from 'vitest'
import { api, page, pageForEachTest, run, show, text } from '../../tab/react/page.fixture.ts'
import { useSynced } from './synced.ts'

vi.mock('../../tab/connect.ts', async () => (await import('../../tab/react/page.fixture.ts')).connecting)
pageForEachTest()

function List({ url }: { readonly url: string }): ReactNode {
  const { data, isPlaceholderData } = useSynced<string>(url)
  return `${data ?? 'none'}${isPlaceholderData ? ' of before' : ''}`
}

const answer = (body: unknown): Promise<void> => run(() => page.asked.at(-1)?.answer(body))

it('keeps one page of a list until the next has come', async () => {
  await show(h(List, { url: '/api/list?page=1' }))
  await answer('one')
  await show(h(List, { url: '/api/list?page=2' }))
  expect(text()).toBe('one of before')
  await answer('two')
  expect(text()).toBe('two')
})

it('keeps nothing of a user who is gone', async () => {
  await show(h(List, { url: '/api/list?page=1' }))
  await answer('one')
  await run(() => page.change({ kind: 'removed', urls: [api('/api/list?page=1')], all: true, cause: 'sign-out' }))
  expect(text()).toBe('none')
})
