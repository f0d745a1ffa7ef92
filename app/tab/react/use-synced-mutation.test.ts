// @vitest-environment happy-dom
import { createElement as h, Fragment, type ReactNode } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { observe } from '../observe.ts'
import { FakePage, settled } from '../page.fixture.ts'
import {
  AnswerError,
  type Mutation,
  type MutationOptions,
  onMessage,
  type SyncedQuery,
  useCachedQuery,
  useSyncedMutation,
  useSyncedQuery,
} from './index.ts'
import {
  api,
  connected,
  followers,
  invalidated,
  page,
  pageForEachTest,
  reported,
  run,
  said,
  show,
  text,
} from './page.fixture.ts'

vi.mock('../connect.ts', async () => (await import('./page.fixture.ts')).connecting)
pageForEachTest()

interface Item {
  readonly id: number
  readonly name: string
}

const LIST = '/api/items'

let list: SyncedQuery<Item[]>
let mutation: Mutation<Item, Item>

const asks = (method?: string): FakePage['asked'] => page.asked.filter(({ init }) => init.method === method)
/** The newest request of that method is answered; undefined: a read. */
const answer = (method: string | undefined, ...given: Parameters<FakePage['answer']>): Promise<void> =>
  run(() =>
    asks(method)
      .at(-1)
      ?.answer(...given),
  )
const fail = (at: number): Promise<void> => run(() => asks('POST')[at]?.fail())

const add = (item: Item): MutationOptions<Item, Item>['optimistic'] => {
  const { id } = item
  return (display) => display<Item[]>(LIST, (before = []) => [...before.filter((each) => each.id !== id), item])
}
const OPTIMISTIC: MutationOptions<Item, Item> = { optimistic: (display, item) => add(item)?.(display, item) }

function List(): ReactNode {
  list = useSyncedQuery<Item[]>(LIST)
  return `${list.data?.map(({ name }) => name).join() ?? 'none'};`
}

function Add(options: MutationOptions<Item, Item>): ReactNode {
  mutation = useSyncedMutation<Item, Item>('POST', LIST, options)
  const { isPending, error, message } = mutation
  return `${isPending ? 'pending' : 'idle'}${error ? ` ${error.name}` : ''}${message === undefined ? '' : ` ${message}`}`
}

const both = (options: MutationOptions<Item, Item> = OPTIMISTIC): ReactNode =>
  h(Fragment, null, h(List), h(Add, options))
const item = (id: number): Item => ({ id, name: `n${id}` })

describe('an optimistic change', () => {
  it('is shown at once, in all that shows the URL, and stays until a read after the write has come', async () => {
    let observed: unknown
    const leave = observe<Item[]>(LIST, ({ data }) => (observed = data))
    await show(both())
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    expect(text()).toBe('n1,n2;pending')
    expect(observed).toEqual([item(1), item(2)])
    expect(asks('POST')).toHaveLength(1)
    await answer('POST', item(2), { status: 201 })
    expect(text()).toBe('n1,n2;idle')
    expect(invalidated).toEqual([{ tags: [], urls: [api(LIST)], patterns: [] }])
    expect(asks()).toHaveLength(2)
    expect(asks()[1]?.init.cache).toBe('no-cache')
    await answer(undefined, [item(1), { id: 2, name: 'server' }])
    expect(text()).toBe('n1,server;idle')
    expect(said).toEqual([])
    leave()
  })

  it('is taken back where the origin refuses the write, and the URL is read anew', async () => {
    await show(both())
    await answer(undefined, [item(1)])
    const before = list.data
    await run(() => mutation.mutate(item(2)))
    await answer('POST', { title: 'no' }, { status: 422 })
    expect(text()).toBe('n1;idle AnswerError')
    expect(list.data).toBe(before)
    expect(mutation.error).toMatchObject({ status: 422, body: { title: 'no' } })
    expect(invalidated).toEqual([])
    expect(asks()).toHaveLength(2)
  })

  it('that fails leaves a later one of the same URL where it is', async () => {
    await show(both())
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    await run(() => mutation.mutate(item(3)))
    expect(text()).toBe('n1,n2,n3;pending')
    await fail(0)
    expect(text()).toBe('n1,n3;pending')
    await answer('POST', item(3))
    expect(text()).toBe('n1,n3;idle')
  })

  it('outlasts reads that began before its write has ended, and is not made twice to what they bring', async () => {
    await show(both({ optimistic: (display, one) => display<Item[]>(LIST, (before = []) => [...before, one]) }))
    await answer(undefined, [item(1)])
    await run(() => page.change({ urls: [api(LIST)] }))
    const [, read] = asks()
    await run(() => mutation.mutate(item(2)))
    // The origin has made the write by the time that it answers the read.
    await run(() => read?.answer([item(1), item(2)]))
    expect(text()).toBe('n1,n2;pending')
    await run(() => page.change({ kind: 'invalidated', urls: [api(LIST)], cause: 'write' }))
    await answer('POST', item(2))
    expect(text()).toBe('n1,n2;idle')
    // The read that began beside the write.
    await answer(undefined, [item(1)])
    expect(text()).toBe('n1,n2;idle')
    expect(asks().at(-1)?.init.cache).toBe('no-cache')
    await answer(undefined, [item(1), item(2)])
    expect(text()).toBe('n1,n2;idle')
    expect(list.isSyncing).toBe(false)
  })

  it('does not hold up for good what others change, where its write hangs', async () => {
    await show(both())
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    await run(() => vi.advanceTimersByTimeAsync(11_000))
    await run(() => page.change({ kind: 'invalidated', urls: [api(LIST)] }))
    await answer(undefined, [item(1), item(7)])
    expect(text()).toBe('n1,n7,n2;pending')
    // A read that began before the write's answer does not end the change, though it is shown.
    await run(() => page.change({ kind: 'invalidated', urls: [api(LIST)] }))
    const read = asks().at(-1)
    await answer('POST', item(2))
    await run(() => read?.answer([item(1), item(8)]))
    expect(text()).toBe('n1,n8,n2;idle')
    await answer(undefined, [item(1), item(8)])
    expect(text()).toBe('n1,n8;idle')
  })

  it('stays while what is read stands in for an origin that is away', async () => {
    await show(both())
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    await answer('POST', item(2))
    const standIn = { 'cache-status': 'Freshlayer; hit; ttl=-9; detail=offline-before-write', age: '9' }
    await answer(undefined, [item(1)], { fields: standIn })
    expect(text()).toBe('n1,n2;idle')
    expect(list.isOffline).toBe(true)
  })

  it('is one object for the same data', async () => {
    await show(both())
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    const { data } = list
    await run(() => page.set({ offline: true }))
    expect(list.isOffline).toBe(true)
    expect(list.data).toBe(data)
  })

  it('that throws is left out and reported once', async () => {
    const optimistic: MutationOptions<Item, Item>['optimistic'] = (display, one) => {
      display(LIST, () => {
        throw new RangeError('no change')
      })
      add(one)?.(display, one)
    }
    await show(both({ optimistic }))
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    expect(text()).toBe('n1,n2;pending')
    await run(() => page.set({ offline: true }))
    expect(reported).toEqual([expect.objectContaining({ message: 'no change' })])
    await answer('POST', item(2))
    expect(text()).toBe('n1,n2;idle')
  })

  it('of a URL that no part shows is there when one does', async () => {
    await show(h(Add, OPTIMISTIC))
    await run(() => mutation.mutate(item(2)))
    // Far longer than what no part shows is kept.
    await run(() => vi.advanceTimersByTimeAsync(200_000))
    await show(both())
    expect(text()).toBe('n2;idle')
    await answer(undefined, [item(1)])
    expect(text()).toBe('n1,n2;idle')
    await fail(0)
    expect(text()).toBe('n1;idle')
  })

  it('is gone when the user is, and so is what the write brings', async () => {
    const onSuccess = vi.fn()
    const told = vi.fn()
    const leave = onMessage(told)
    await show(both({ ...OPTIMISTIC, onSuccess, successMessage: 'saved' }))
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    await run(() => page.change({ kind: 'removed', all: true, cause: 'sign-out' }))
    expect(text()).toBe('none;pending')
    await answer('POST', item(2))
    expect(text()).toBe('none;idle')
    await answer(undefined, [item(9)])
    expect(text()).toBe('n9;idle')
    expect(mutation.data).toBeUndefined()
    expect(onSuccess).not.toHaveBeenCalled()
    expect(told).not.toHaveBeenCalled()
    leave()
  })

  it('is of the user of before once the page is connected anew, and so is what its write has brought', async () => {
    await show(both({ successMessage: 'saved' }))
    await run(() => mutation.mutate(item(2)))
    await answer('POST', item(2))
    expect(text()).toContain('saved')
    const next = new FakePage()
    connected.layer = next.layer
    await run(() => followers.forEach((follow) => follow(next.layer)))
    expect(mutation.data).toBeUndefined()
    expect(text()).not.toContain('saved')
    await run(() => mutation.mutate(item(3)))
    await run(() =>
      next.asked
        .filter(({ init }) => init.method === 'POST')
        .at(-1)
        ?.answer(item(3)),
    )
    expect(text()).toContain('saved')
    await run(() => next.change({ kind: 'removed', all: true, cause: 'sign-out' }))
    expect(text()).not.toContain('saved')
  })

  it('goes on when its component is gone, and its callbacks are called', async () => {
    const onSuccess = vi.fn()
    await show(both({ ...OPTIMISTIC, onSuccess }))
    await answer(undefined, [item(1)])
    await run(() => mutation.mutate(item(2)))
    await show(h(List))
    expect(text()).toBe('n1,n2;')
    await answer('POST', item(2))
    expect(onSuccess).toHaveBeenCalledExactlyOnceWith(item(2), item(2))
    expect(text()).toBe('n1,n2;')
    await answer(undefined, [item(1), item(2)])
    expect(text()).toBe('n1,n2;')
    expect(said).toEqual([])
  })

  it('300 of them over a list of 5,000: a failure of all of them takes each out, in few steps', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => item(id))
    let made = 0
    const optimistic: MutationOptions<Item, Item>['optimistic'] = (display, one) =>
      display<Item[]>(LIST, (before = []) => {
        made++
        return before.map((each) => (each.id === one.id ? one : each))
      })
    await show(both({ optimistic }))
    await answer(undefined, rows)
    const base = list.data
    await run(() => {
      for (let id = 0; id < 300; id++) mutation.mutate({ id, name: 'new' })
    })
    expect(list.data?.filter(({ name }) => name === 'new')).toHaveLength(300)
    // Each is made to what those before it have made.
    expect(made).toBe(300)
    made = 0
    await run(async () => {
      for (const { fail: break_ } of asks('POST').slice(0, 299)) break_()
      await settled()
      await vi.advanceTimersByTimeAsync(10)
    })
    expect(list.data?.filter(({ name }) => name === 'new').map(({ id }) => id)).toEqual([299])
    expect(made).toBeLessThan(700)
    await run(() => asks('POST').at(-1)?.fail())
    expect(list.data).toBe(base)
    // One read under way, and one that waits for its end.
    expect(asks().length).toBeLessThanOrEqual(3)
  })
})

describe('useSyncedMutation()', () => {
  it('sends JSON to the URL of its input, and tells its message', async () => {
    const told: string[] = []
    const leave = onMessage((message) => told.push(message))
    let save: Mutation<Item, Item> | undefined
    function Save(): ReactNode {
      save = useSyncedMutation<Item, Item>('PUT', ({ id }) => `/api/items/${id}`, {
        successMessage: ({ name }) => `${name} was saved`,
        invalidates: ({ id }) => ['items', `/api/items/${id}/parts`, '/api/reports/:id'],
      })
      return save.message ?? 'none'
    }
    await show(h(Save))
    await run(() => save?.mutate(item(4)))
    const [asked] = asks('PUT')
    expect(asked).toMatchObject({ url: '/api/items/4', init: { body: '{"id":4,"name":"n4"}' } })
    expect(asked?.init.headers).toEqual({ 'content-type': 'application/json' })
    await answer('PUT', item(4))
    expect(text()).toBe('n4 was saved')
    expect(told).toEqual(['n4 was saved'])
    expect(save?.data).toEqual(item(4))
    expect(invalidated).toEqual([{ tags: ['items'], urls: ['/api/items/4/parts'], patterns: ['/api/reports/:id'] }])
    await run(() => save?.reset())
    expect(text()).toBe('none')
    leave()
  })

  it('says what it may have changed where the outcome is not known, and nothing where it was refused', async () => {
    await show(h(Add, { invalidates: ['items'] }))
    await run(() => mutation.mutate(item(1)))
    await answer('POST', {}, { status: 409 })
    expect(invalidated).toEqual([])
    await run(() => mutation.mutate(item(1)))
    await fail(1)
    expect(invalidated).toEqual([{ tags: ['items'], urls: [], patterns: [] }])
  })

  it('mutateAsync() gives the answer, or rejects', async () => {
    const onError = vi.fn()
    await show(h(Add, { onError }))
    let given: Promise<unknown> | undefined
    await run(() => (given = mutation.mutateAsync(item(1))))
    await answer('POST', item(1))
    await expect(given).resolves.toEqual(item(1))
    await run(() => (given = mutation.mutateAsync(item(1)).catch((error: unknown) => error)))
    await answer('POST', 'no', { status: 500, type: 'text/plain' })
    const error = await given
    expect(error).toBeInstanceOf(AnswerError)
    expect(onError).toHaveBeenCalledExactlyOnceWith(error, item(1))
  })

  it('shows the end of the write that was begun last', async () => {
    await show(h(Add, { successMessage: ({ name }) => name }))
    await run(() => mutation.mutate(item(1)))
    await run(() => mutation.mutate(item(2)))
    await run(() => asks('POST')[1]?.answer(item(2)))
    expect(text()).toBe('pending n2')
    await run(() => asks('POST')[0]?.answer(item(1)))
    expect(text()).toBe('idle n2')
  })

  it('without a worker has all read anew that the page shows', async () => {
    page.set({ controlled: false })
    function Other(): ReactNode {
      return String(useCachedQuery('/api/other').data ?? 'none')
    }
    await show(h(Fragment, null, h(Other), h(Add, OPTIMISTIC)))
    await answer(undefined, 1)
    await run(() => mutation.mutate(item(1)))
    await answer('POST', item(1))
    expect(asks().map(({ url, init }) => [url, init.cache])).toEqual([
      ['/api/other', undefined],
      ['/api/other', 'no-cache'],
    ])
  })

  it('says where no layer is connected', async () => {
    connected.layer = undefined
    await show(h(Add, {}))
    await run(() => mutation.mutate(item(1)))
    expect(mutation.error?.message).toContain('useSyncedMutation() needs a layer')
    expect(page.asked).toEqual([])
  })

  it('is rendered on a server', () => {
    connected.layer = undefined
    expect(renderToString(h('p', null, h(List)))).toBe('<p>none;</p>')
    expect(renderToString(h('p', null, h(Add)))).toBe('<p>idle</p>')
    expect(page.asked).toEqual([])
  })
})

it('types', () => {
  // Compiled, and never called.
  const typed = (): unknown[] => {
    const remove = useSyncedMutation('DELETE', ({ id }: Item) => `/api/items/${id}`)
    expectTypeOf(remove.mutate).parameter(0).toEqualTypeOf<Item>()
    expectTypeOf(remove.data).toBeUnknown()
    const checked = useSyncedMutation('POST', LIST, { parse: (body): Item => body as Item })
    expectTypeOf(checked.data).toEqualTypeOf<Item | undefined>()
    expectTypeOf(checked.mutateAsync).returns.toEqualTypeOf<Promise<Item>>()
    checked.mutate()
    return [
      // @ts-expect-error a read is no write
      useSyncedMutation('GET', LIST),
      // @ts-expect-error the input is missing
      remove.mutate(),
    ]
  }
  expect(typed).toBeTypeOf('function')
})
