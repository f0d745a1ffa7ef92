import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { LoggedChange } from '../../sw/core/change.ts'
import { type Announcement, envelope, type Greeting, PROTOCOL_VERSION, type Question } from '../../sw/protocol.ts'
import type { ChangeEvent } from './change-feed.ts'
import { connect, connectedLayer, standIn } from './connect.ts'
import type { ConnectOptions, Freshlayer } from './freshlayer.ts'
import { ask } from './rpc.ts'

vi.mock('./rpc.ts', () => ({ ask: vi.fn() }))
const speaking = vi.hoisted(() => [] as AbortSignal[])
vi.mock('./development.ts', () => ({ speakUp: ({ signal }: { signal: AbortSignal }) => speaking.push(signal) }))

afterEach(() => {
  connectedLayer()?.close()
  delete (globalThis as Record<symbol, unknown>)[Symbol.for('freshlayer')]
  vi.unstubAllGlobals()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('where no worker can run', () => {
  it.each([
    ['a page: the reason is said once', {}, 1],
    ['a server, which renders pages: that is no news', undefined, 0],
  ])('every question has an answer on %s', async (_, document, times) => {
    vi.stubGlobal('document', document)
    const said = vi.spyOn(console, 'info').mockImplementation(() => undefined)
    const layer = connect({ identify: () => 'ada' })
    expect(layer.state).toEqual({
      controlled: false,
      updateReady: false,
      offline: false,
      signInNeeded: false,
      outdated: false,
      isFetching: false,
    })
    expect(await layer.explain('/api/x')).toMatchObject({ url: '/api/x', state: 'no-worker' })
    expect(await layer.refresh('/api/x')).toEqual({ outcome: 'no-worker' })
    expect(await layer.remove({ all: true })).toBe(0)
    expect(await layer.stats()).toBeUndefined()
    expect([await layer.sync(), await layer.syncState(), await layer.syncCounts()]).toEqual([[], [], undefined])
    expect(await layer.getSyncStats()).toEqual({
      pendingChanges: { total: 0 },
      lastSyncedAt: undefined,
      lastError: undefined,
      state: 'no-worker',
    })
    expect(await layer.caughtUpWith('p')).toBe(true)
    await layer.invalidate({ tags: ['x'] })
    await layer.identify('grace')
    await layer.applyUpdate()
    const stop = layer.on('change', () => undefined)
    stop()
    layer.close()
    expect(said.mock.calls).toEqual(
      Array.from({ length: times }, () => [expect.stringContaining('this page may have no service worker')]),
    )
  })
})

it('two copies of the package on one page both work, and the console says so once', async () => {
  vi.spyOn(console, 'info').mockImplementation(() => undefined)
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  connect()
  connect()
  expect(said).not.toHaveBeenCalled()
  vi.resetModules()
  const copy = await import('./connect.ts')
  for (const layer of [copy.connect(), copy.connect(), connect()]) expect(layer.state.controlled).toBe(false)
  expect(said.mock.calls).toEqual([['[freshlayer]', expect.stringContaining('two copies of this package')]])
})

describe('what connects a page until its app does', () => {
  /** Another copy of the module, and the connections of it that have ended. */
  async function copy(): Promise<{ module: typeof import('./connect.ts'); ended: () => boolean }> {
    vi.resetModules()
    const module = await import('./connect.ts')
    let isEnded = false
    const add = vi.spyOn(AbortController.prototype, 'abort').mockImplementation(() => void (isEnded = true))
    return { module, ended: () => isEnded && add.mock.calls.length > 0 }
  }
  const PAGE = globalThis as Record<symbol, unknown>

  beforeEach(() => {
    vi.spyOn(console, 'info').mockImplementation(() => undefined)
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    delete PAGE[Symbol.for('freshlayer')]
  })

  it('ends when the app connects by another copy, without a word', async () => {
    const { module, ended } = await copy()
    expect(module.standIn({})).toBeDefined()
    expect(ended()).toBe(false)
    vi.resetModules()
    const own = await import('./connect.ts')
    own.connect()
    expect(ended()).toBe(true)
    expect(console.warn).not.toHaveBeenCalled()
    expect(module.standIn({})).toBeUndefined()
  })

  it('goes on as the connection of the app when that connects by the same copy, without a word', async () => {
    const { module, ended } = await copy()
    const first = module.standIn({})
    expect(module.connect()).toBe(first)
    expect(module.connect({ mayUpdate: () => false })).toBe(first)
    expect(ended()).toBe(false)
    expect(console.warn).not.toHaveBeenCalled()
    expect(module.standIn({})).toBeUndefined()
    vi.resetModules()
    const other = await import('./connect.ts')
    other.connect()
    expect(ended(), 'it is the app’s own by then').toBe(false)
    expect(console.warn).toHaveBeenCalledTimes(1)
  })

  it('does nothing in a page that its app has connected', async () => {
    const { module } = await copy()
    connect()
    expect(module.standIn({})).toBeUndefined()
    expect(console.warn).not.toHaveBeenCalled()
  })

  it('is there once', async () => {
    const { module, ended } = await copy()
    expect(module.standIn({})).toBeDefined()
    expect(standIn({})).toBeUndefined()
    expect(ended()).toBe(false)
  })
})

describe('a wrong argument', () => {
  const wrong = <T>(value: unknown): T => value as T
  const layer = (): Freshlayer => connect()
  beforeEach(() => void vi.spyOn(console, 'info').mockImplementation(() => undefined))

  const REACH = "takes { tags: ['products'] }, { urls: [] }, { patterns: [] } or { all: true }"

  it.each<[string, () => Promise<unknown>, string]>([
    ...[
      'products',
      ['products'],
      {},
      undefined,
      null,
      7,
      { tag: ['products'] },
      { tags: 'products' },
      { tags: [7] },
      { all: 1 },
    ].flatMap((reach): [string, () => Promise<unknown>, string][] => [
      [`invalidate(${JSON.stringify(reach)})`, () => layer().invalidate(wrong(reach)), `invalidate() ${REACH}`],
      [`remove(${JSON.stringify(reach)})`, () => layer().remove(wrong(reach)), `remove() ${REACH}`],
    ]),
    ['explain()', () => layer().explain(wrong(undefined)), 'explain() takes a URL as text'],
    ['refresh(URL)', () => layer().refresh(wrong(new URL('http://a/'))), 'refresh() takes a URL as text'],
    ...[7, {}, Promise.resolve('ada')].map((user): [string, () => Promise<unknown>, string] => [
      `identify(${String(user)})`,
      () => layer().identify(wrong(user)),
      'identify() takes a text, null or undefined',
    ]),
    ['signOut(true)', () => layer().signOut(wrong(true)), 'signOut() takes { force: true } or nothing'],
    ["signOut({ force: 'yes' })", () => layer().signOut(wrong({ force: 'yes' })), 'signOut() takes { force: true }'],
    [
      'applyUpdate(signal)',
      () => layer().applyUpdate(wrong(new AbortController().signal)),
      'applyUpdate() takes { signal } or nothing',
    ],
  ])('is refused at once, with what the method takes: %s', async (_, call, sentence) => {
    await expect(call()).rejects.toThrow(TypeError)
    await expect(call()).rejects.toThrow(`freshlayer: ${sentence}`)
  })

  it.each<[string, unknown]>([
    ['a text', '/sw.js'],
    ['a user', { identify: 'ada' }],
    ['an answer', { mayUpdate: false }],
    ['a token', { authorization: 'Bearer a' }],
    ['a secret', { secret: { 'x-csrf-token': 'a' } }],
  ])('of connect() is refused: %s', (_, options) => {
    expect(() => connect(wrong(options))).toThrow(
      'freshlayer: connect() takes { worker, scope } and the functions { identify, mayUpdate, authorization, secret }',
    )
  })

  it.each<[unknown, unknown]>([
    ['changed', () => undefined],
    ['change', undefined],
    [() => undefined, undefined],
  ])('of on() is refused: %s', (kind, listener) => {
    expect(() => layer().on(wrong<'change'>(kind), wrong(listener))).toThrow(
      "freshlayer: on() takes 'state', 'change', 'sync' or 'outbox', and a function",
    )
  })

  it('leaves what is right', async () => {
    for (const reach of [{ tags: ['a'], urls: undefined }, { urls: [] }, { patterns: ['/a'] }, { all: false }]) {
      await expect(layer().invalidate(wrong(reach))).resolves.toBeUndefined()
    }
    await expect(layer().applyUpdate({ signal: new AbortController().signal })).resolves.toBeUndefined()
    await expect(layer().signOut({ force: true })).resolves.toMatchObject({ signedOut: true })
  })
})

describe('where a worker runs', () => {
  const GREETING: Greeting = {
    clientId: 'here',
    logId: 'log',
    position: 0,
    missed: [],
    partitions: ['everyone'],
    reachable: true,
  }

  /** The worker says to all pages that something has changed. */
  const tell = (change: Partial<LoggedChange> & Pick<LoggedChange, 'position' | 'partition'>): void => {
    const about = { targets: [`url ${change.partition}`], cause: 'response' } as const
    const usual = { kind: 'changed', ...about, logId: 'log', atMs: 0, informed: [] } as const
    channels[0]?.onmessage?.({ data: envelope({ say: 'change', change: { ...usual, ...change } }) })
  }

  const RESET = { kind: 'reset', urls: [], tags: [], all: true, cause: 'reset' }
  /** A sign-out may be among what cannot be told. */
  const MISSED = { ...RESET, userMayBeGone: true }

  class FakeWorker extends EventTarget {
    scriptURL = 'https://app.test/sw.js'
  }

  class FakeChannel {
    onmessage: ((event: { readonly data: unknown }) => void) | undefined
    isOpen = true
    readonly name: string
    constructor(name: string) {
      this.name = name
      channels.push(this)
    }
    close(): void {
      this.isOpen = false
    }
  }

  let channels: FakeChannel[]
  let registration: EventTarget & { waiting: FakeWorker | null; installing: FakeWorker | null }
  let container: EventTarget & {
    controller: FakeWorker
    register: () => Promise<unknown>
    getRegistration: (within: string) => Promise<unknown>
  }
  let document: EventTarget & { readonly baseURI: string; hidden: boolean }
  let window: EventTarget
  /** What the worker answers; a question without an answer here is never answered. */
  let answers: Partial<Record<Question['ask'], () => unknown>>
  let asked: Question['ask'][]

  beforeEach(async () => {
    // What is loaded later in a page is at hand here, so that a turn of the event loop settles it.
    await import('./more.ts')
    channels = []
    registration = Object.assign(new EventTarget(), { waiting: null, installing: null })
    container = Object.assign(new EventTarget(), {
      controller: new FakeWorker(),
      register: () => Promise.resolve(registration),
      getRegistration: () => Promise.resolve(undefined),
    })
    document = Object.assign(new EventTarget(), { baseURI: 'https://app.test/', hidden: false })
    window = new EventTarget()
    answers = { hello: () => GREETING, identify: () => true }
    asked = []
    vi.mocked(ask).mockImplementation((_worker, question) => {
      asked.push(question.ask)
      return new Promise((resolve) => {
        const answer = answers[question.ask]
        if (answer !== undefined) resolve(answer() as never)
      })
    })
    vi.stubGlobal('navigator', { serviceWorker: container })
    vi.stubGlobal('location', new URL('https://app.test/'))
    vi.stubGlobal('document', document)
    vi.stubGlobal('BroadcastChannel', FakeChannel)
    vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  })

  /** Everything that can settle has settled. */
  const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

  /** The waiting worker becomes the page's. */
  function takeOver(): void {
    const next = registration.waiting
    registration.waiting = null
    next?.dispatchEvent(new Event('statechange'))
    container.controller = next ?? container.controller
    container.dispatchEvent(new Event('controllerchange'))
  }

  /** The worker says something to this page alone. */
  function say(announcement: Announcement, ports: readonly unknown[] = []): void {
    container.dispatchEvent(Object.assign(new Event('message'), { data: envelope(announcement), ports }))
  }

  const look = (): boolean => document.dispatchEvent(new Event('visibilitychange'))

  it.each<[options: ConnectOptions, base: string, channel: string]>([
    [{}, 'https://app.test/deep/page', 'freshlayer /'],
    [{ worker: 'sw.js' }, 'https://app.test/shop/page', 'freshlayer /shop/'],
    [{ worker: '/a/sw.js', scope: './' }, 'https://app.test/a/b/page', 'freshlayer /a/b/'],
    [{ scope: 'https://app.test/whole/' }, 'https://app.test/', 'freshlayer /whole/'],
  ])('the channel is that of the scope as the browser reads it: %j at %s', (options, base, channel) => {
    Object.assign(document, { baseURI: base })
    container.controller.scriptURL = new URL(options.worker ?? '/sw.js', base).href
    connect(options)
    expect(channels.map(({ name }) => name)).toEqual([channel])
  })

  it('an update that waited before the page connected is no longer ready once it has taken over', async () => {
    registration.waiting = new FakeWorker()
    const layer = connect()
    await settled()
    expect(layer.state.updateReady).toBe(true)
    takeOver()
    expect(layer.state.updateReady).toBe(false)
  })

  it('an update that was being installed before the page connected is ready once it waits', async () => {
    const next = (registration.installing = new FakeWorker())
    const layer = connect()
    await settled()
    Object.assign(registration, { installing: null, waiting: next })
    next.dispatchEvent(new Event('statechange'))
    expect(layer.state.updateReady).toBe(true)
  })

  it('what a later call says of development holds from then on', async () => {
    await import('./development.ts')
    Object.assign(container, { ready: Promise.resolve(registration) })
    speaking.length = 0
    /** For each time that the words were loaded, whether they are still being said. */
    const isSaid = async (options?: ConnectOptions): Promise<boolean[]> => {
      connect(options)
      await settled()
      return speaking.map(({ aborted }) => !aborted)
    }
    expect(await isSaid()).toEqual([])
    expect(await isSaid({ development: true })).toEqual([true])
    expect(await isSaid({ mayUpdate: () => true })).toEqual([true])
    expect(await isSaid({ development: false })).toEqual([false])
    expect(await isSaid({ development: true })).toEqual([false, true])
    connectedLayer()?.close()
    expect(speaking.map(({ aborted }) => aborted)).toEqual([true, true])
  })

  it('a closed layer says nothing of an update', async () => {
    const layer = connect()
    await settled()
    const next = (registration.installing = new FakeWorker())
    registration.dispatchEvent(new Event('updatefound'))
    layer.close()
    Object.assign(registration, { installing: null, waiting: next })
    next.dispatchEvent(new Event('statechange'))
    expect(layer.state.updateReady).toBe(false)
  })
  it('a page that was put away while it was greeted is greeted anew, and hears what it missed', async () => {
    const answer = vi.fn()
    answers.hello = () => new Promise((resolve) => answer.mockImplementation(resolve))
    const layer = connect()
    const heard = vi.fn()
    layer.on('change', heard)
    await settled()
    window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    answers.hello = () => ({ ...GREETING, missed: 'reset' })
    window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    expect(channels.map(({ isOpen }) => isOpen)).toEqual([false, true])
    await settled()
    // What was answered to the page of before tells nothing of the time since.
    answer(GREETING)
    await settled()
    expect(asked).toEqual(['hello', 'hello'])
    expect(heard.mock.calls).toEqual([[MISSED]])
  })

  it('a worker that asks who the user is and does not take the answer is told on the console, and is no uncaught error', async () => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    connect()
    const error = new Error('no answer')
    answers.identify = () => Promise.reject(error)
    say({ say: 'who' })
    await settled()
    expect(warned).toHaveBeenCalledWith('[freshlayer]', error)
  })

  it('a session of a sign-in proxy that has run out is not offline, and the origin that answers again ends it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    answers.hello = () => ({ ...GREETING, reachable: false, signIn: true })
    const layer = connect()
    await settled()
    expect(layer.state).toMatchObject({ offline: false, signInNeeded: true })
    say({ say: 'origin', reachable: false })
    expect(layer.state).toMatchObject({ offline: true, signInNeeded: false })
    say({ say: 'origin', reachable: false, signIn: true })
    answers.probe = () => ({ reachable: true })
    const heard = vi.fn()
    layer.on('change', heard)
    await vi.runAllTimersAsync()
    expect(layer.state).toMatchObject({ offline: false, signInNeeded: false })
    expect(heard.mock.calls).toEqual([[RESET]])
  })

  it('asks an origin that is away every four seconds at most, for its first minute', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.spyOn(Math, 'random').mockReturnValue(0.999)
    answers.hello = () => ({ ...GREETING, reachable: false })
    answers.probe = () => ({ reachable: false })
    connect()
    await settled()
    await vi.advanceTimersByTimeAsync(60_000)
    const probes = asked.filter((each) => each === 'probe').length
    expect(probes).toBeGreaterThanOrEqual(15)
    expect(probes).toBeLessThan(20)
  })

  it('a closed layer does not go on asking whether the origin is back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    answers.hello = () => ({ ...GREETING, reachable: false })
    const layer = connect()
    await settled()
    const answer = vi.fn()
    answers.probe = () => new Promise((resolve) => answer.mockImplementation(resolve))
    window.dispatchEvent(new Event('online'))
    await settled()
    expect(asked).toContain('probe')
    layer.close()
    answer({ reachable: false })
    await settled()
    expect(vi.getTimerCount()).toBe(0)
  })

  describe('what a page sees before the rest of the layer is there', () => {
    const BY_POLL = { ask: 'validate', urls: ['https://app.test/api/a'], because: 'poll', isFirst: true }
    let load: (entries: readonly object[]) => void
    beforeEach(() => {
      vi.stubGlobal('navigator', { serviceWorker: container, onLine: true })
      vi.stubGlobal(
        'PerformanceObserver',
        class {
          constructor(told: (list: object) => void) {
            load = (entries) => told({ getEntries: () => entries })
          }
          observe(): void {}
          disconnect(): void {}
        },
      )
      answers.hello = () => ({ ...GREETING, polls: 'visible' })
      answers.validate = () => ({ shown: [{}] })
    })
    const questions = (): unknown[] => vi.mocked(ask).mock.calls.map(([, question]) => question)
    const read = (): void => load([{ name: 'https://app.test/api/a', initiatorType: 'fetch', startTime: 1 }])

    it('counts once that is there, when the page has been loaded and is at rest', async () => {
      connect()
      read()
      await settled()
      expect(asked).toEqual(['hello'])
      window.dispatchEvent(new Event('load'))
      await vi.waitFor(() => expect(questions()).toContainEqual(BY_POLL))
    })

    it('counts at once where the page needs it sooner, and what it is told then comes after', async () => {
      connect()
      read()
      const offline = new Event('offline')
      window.dispatchEvent(offline)
      await settled()
      look()
      await vi.waitFor(() => expect(questions()).toContainEqual({ ...BY_POLL, because: 'focus', isFirst: undefined }))
    })

    it('waits where that cannot be loaded, until the next need; a user can sign out meanwhile', async () => {
      vi.resetModules()
      let isThere = false
      vi.doMock('./more.ts', async (original) => {
        if (!isThere) throw new Error('the network is away')
        return original()
      })
      vi.doMock('./rpc.ts', () => ({ ask }))
      const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      try {
        const copy = await import('./connect.ts')
        const layer = copy.connect()
        read()
        window.dispatchEvent(new Event('load'))
        await vi.waitFor(() => expect(said).toHaveBeenCalledOnce())
        await expect(layer.explain('/api/a')).rejects.toThrow()
        answers['sign-out'] = () => ({ signedOut: true, unsent: 0 })
        expect(await layer.signOut()).toMatchObject({ signedOut: true })
        isThere = true
        look()
        await vi.waitFor(() => expect(questions()).toContainEqual({ ...BY_POLL, because: 'focus', isFirst: undefined }))
        layer.close()
      } finally {
        vi.doUnmock('./more.ts')
      }
    })
  })

  describe('collections', () => {
    const state = { entity: 'products', state: 'error', rows: 7, isLoaded: true, error: { kind: 'proxy' } } as const

    it('are kept in step when the page asks, and a fault comes with what helps', async () => {
      answers.sync = answers['sync-state'] = () => [state]
      const layer = connect()
      for (const states of [await layer.sync({ entities: ['products'] }), await layer.syncState()])
        expect(states).toEqual([
          { ...state, error: { kind: 'proxy', remedy: expect.stringContaining('CDN-Cache-Control') as never } },
        ])
      expect(vi.mocked(ask).mock.calls.map(([, question]) => question)).toContainEqual({
        ask: 'sync',
        entities: ['products'],
      })
    })

    it('are waited for by the position that a write’s answer names, or without one', async () => {
      answers['caught-up'] = () => false
      const layer = connect()
      const answer = new Response(null, { headers: { 'freshlayer-position': 'p' } })
      expect(await layer.caughtUpWith(answer, { entities: ['products'], timeoutMs: 500 })).toBe(false)
      expect(await layer.caughtUpWith(new Response())).toBe(false)
      const questions = vi.mocked(ask).mock.calls.map(([, question]) => question)
      expect(questions).toContainEqual({ ask: 'caught-up', position: 'p', entities: ['products'], limitMs: 500 })
      expect(questions).toContainEqual({ ask: 'caught-up', limitMs: 10_000 })
      // @ts-expect-error -- No answer.
      await expect(layer.caughtUpWith(undefined)).rejects.toThrow('caughtUpWith() takes')
    })

    it('are told of as they come on, to the pages of their user alone', async () => {
      answers.hello = () => ({ ...GREETING, partitions: ['user/ada'] })
      const layer = connect()
      const heard = vi.fn()
      const stop = layer.on('sync', heard)
      await settled()
      const news = { say: 'sync', state: { entity: 'products', state: 'syncing', rows: 7, isLoaded: false } } as const
      say({ ...news, partition: 'user/grace' })
      say({ ...news, partition: 'user/ada', drift: 'total' })
      await vi.waitFor(() => expect(heard).toHaveBeenCalled())
      expect(heard.mock.calls).toEqual([[{ ...news.state, drift: 'total' }]])
      stop()
      say({ ...news, partition: 'user/ada' })
      await settled()
      expect(heard).toHaveBeenCalledOnce()
    })
  })

  describe('queued writes', () => {
    const write = { place: 7, rule: 'r', method: 'POST', url: 'https://app.test/api/sales', state: 'waiting' } as const
    const news = { say: 'outbox', write: { ...write, acceptedAtMs: 1, attempts: 0, size: 2 } } as const

    it('that wait when a page is opened are sent by its word', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
      answers.hello = () => ({ ...GREETING, outbox: { waiting: 1, needsYou: 0, nextAtMs: Date.now() + 5000 } })
      answers.drain = () => ({ waiting: 0, needsYou: 0 })
      connect()
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
      await settled()
      expect(asked).not.toContain('drain')
      await vi.advanceTimersByTimeAsync(7000)
      expect(asked.filter((each) => each === 'drain')).toEqual(['drain'])
    })

    it('are told of to the pages of their user alone, with the URLs in which they are shown', async () => {
      answers.hello = () => ({ ...GREETING, partitions: ['user/ada'] })
      const layer = connect()
      const [heard, changed] = [vi.fn(), vi.fn()]
      layer.on('outbox', heard)
      layer.on('change', changed)
      await settled()
      say({ ...news, partition: 'user/grace', urls: ['https://app.test/api/a'] })
      say({ ...news, partition: 'user/ada', urls: ['https://app.test/api/sales'] })
      await vi.waitFor(() => expect(heard).toHaveBeenCalled())
      expect(heard.mock.calls).toEqual([[{ write: news.write }]])
      expect(changed.mock.calls.map(([{ kind, urls }]) => [kind, urls])).toEqual([
        ['changed', ['https://app.test/api/sales']],
      ])
    })
  })

  describe('an update that is called off', () => {
    const reason = new Error('not now')

    it('rejects at once, though the other tabs have not agreed', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      registration.waiting = new FakeWorker()
      answers['take-over'] = () => ({ takesOver: false, tabs: 1, unsent: 0 })
      const layer = connect()
      await settled()
      const abort = new AbortController()
      const rejected = vi.fn()
      void layer.applyUpdate({ signal: abort.signal }).catch(rejected)
      await vi.waitFor(() => expect(asked).toContain('take-over'))
      // Gone meanwhile: it was called off all the same.
      registration.waiting = null
      abort.abort(reason)
      await settled()
      expect(rejected).toHaveBeenCalledWith(reason)
    })

    it('rejects at once, though the waiting worker gives no answer, and asks it no more', async () => {
      registration.waiting = new FakeWorker()
      const layer = connect()
      await settled()
      const abort = new AbortController()
      const rejected = vi.fn()
      void layer.applyUpdate({ signal: abort.signal }).catch(rejected)
      await vi.waitFor(() => expect(asked).toContain('take-over'))
      abort.abort(reason)
      await vi.waitFor(() => expect(rejected).toHaveBeenCalledWith(reason))
      const [worker] = vi.mocked(ask).mock.lastCall ?? []
      expect(worker?.()).toBeNull()
    })

    it('rejects where nothing waits', async () => {
      const layer = connect()
      await expect(layer.applyUpdate({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })
  })

  describe('a page that connects a second time (one connection)', () => {
    it('has the one that it had, and what it says of the page holds from then on', async () => {
      const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const users: unknown[] = []
      vi.mocked(ask).mockImplementation((_worker, question) => {
        asked.push(question.ask)
        if (question.ask === 'identify') users.push(question.user)
        return Promise.resolve(question.ask === 'identify' ? true : GREETING) as never
      })
      const first = standIn({ worker: '/sw.js', identify: () => undefined })
      await settled()
      const heard = vi.fn()
      first?.on('change', heard)
      expect(connect({ worker: '/sw.js', identify: () => 'ada', mayUpdate: () => false })).toBe(first)
      await settled()
      expect(users).toEqual(['ada'])
      expect(connect()).toBe(first)
      // As the options of a part of the app that has none of it to say.
      const none = { worker: undefined, identify: undefined, mayUpdate: undefined }
      expect(connect(none as never)).toBe(first)
      expect(said).not.toHaveBeenCalled()
      say({ say: 'who' })
      const answered = vi.fn()
      say({ say: 'agree' }, [{ postMessage: answered }])
      await settled()
      expect(users, 'once, and what was not said again stays').toEqual(['ada', 'ada'])
      expect(answered.mock.calls).toEqual([[false]])
      expect(channels.filter(({ isOpen }) => isOpen)).toHaveLength(1)
      expect(heard).not.toHaveBeenCalled()
    })

    it.each<[worker: string, ConnectOptions, number]>([
      ['/one.js', { worker: '/other.js' }, 1],
      ['/two.js', { scope: '/shop/' }, 1],
      ['/three.js', { worker: 'https://app.test/three.js', scope: './' }, 0],
      ['/four.js', {}, 0],
    ])('of %s, by %j: what it cannot have any more is said (%d)', (worker, options, times) => {
      const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      connect({ worker, scope: '/' })
      connect(options)
      expect(said.mock.calls).toEqual(
        Array.from({ length: times }, () => ['[freshlayer]', expect.stringContaining(`has https://app.test${worker}`)]),
      )
    })

    it('once it has closed the first has another', () => {
      const first = connect()
      first.close()
      expect(connect()).not.toBe(first)
      expect(channels.filter(({ isOpen }) => isOpen)).toHaveLength(1)
    })
  })

  describe('a page that comes back from the back-forward cache, where it has missed a sign-out (I3)', () => {
    const away = (): void => void window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    const back = (): void => void window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    async function shown(): Promise<ReturnType<typeof vi.fn>> {
      const heard = vi.fn()
      connect().on('change', heard)
      await settled()
      away()
      return heard
    }
    const about = { targets: [], cause: 'sign-out', kind: 'removed', all: true, logId: 'log' } as const
    const signOut = { ...about, position: 1, partition: 'user/ada', atMs: 0, informed: [] }

    it('hears of it, where the log tells it', async () => {
      const heard = await shown()
      answers.hello = () => ({ ...GREETING, position: 1, missed: [signOut] })
      back()
      await settled()
      expect(heard.mock.calls).toEqual([[{ kind: 'removed', urls: ['*'], tags: [], all: true, cause: 'sign-out' }]])
    })

    it.each<[string, () => void]>([
      ['the log does not reach back', () => (answers.hello = () => ({ ...GREETING, logId: 'new', missed: 'reset' }))],
      ['the worker does not answer', () => (answers.hello = () => Promise.reject(new Error('no answer')))],
      ['no worker controls it any more', () => Object.assign(container, { controller: null })],
    ])('hears that its user may be gone, once, where %s', async (_, happen) => {
      vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const heard = await shown()
      happen()
      back()
      await settled()
      look()
      await settled()
      expect(heard.mock.calls.length).toBeGreaterThan(0)
      expect(heard.mock.calls[0]).toEqual([MISSED])
      if (!answers.hello) throw new Error('no answer')
      expect(heard.mock.calls.length).toBeLessThanOrEqual(2)
    })

    it('does not hear so where it has not been away', async () => {
      vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      const heard = vi.fn()
      answers.hello = () => Promise.reject(new Error('no answer'))
      connect().on('change', heard)
      await settled()
      look()
      await settled()
      expect(heard).not.toHaveBeenCalled()
    })
  })

  describe('a page that does not know its user yet', () => {
    it('tells the worker nothing of a user, though it is greeted and asked', async () => {
      const identify = vi.fn<() => string | undefined>()
      const layer = connect({ identify })
      await settled()
      say({ say: 'who' })
      await layer.identify(undefined)
      await settled()
      expect(identify).toHaveBeenCalledTimes(2)
      expect(asked).toEqual(['hello'])
      identify.mockReturnValue('ada')
      say({ say: 'who' })
      await settled()
      expect(asked).toEqual(['hello', 'identify'])
    })

    it('hears of the changes of its partitions as before', async () => {
      answers.hello = () => ({ ...GREETING, partitions: ['everyone', 'user/ada'] })
      const layer = connect()
      const heard: string[] = []
      layer.on('change', ({ urls }) => heard.push(...urls))
      await settled()
      await layer.identify(undefined)
      tell({ position: 1, partition: 'user/ada' })
      expect(heard).toEqual(['user/ada'])
    })
  })

  it('a page whose user is another hears that the one before is gone, once and not at the first', async () => {
    const layer = connect()
    const heard = vi.fn()
    layer.on('change', heard)
    await settled()
    for (const user of ['ada', 'ada', 'grace', 'grace', null]) await layer.identify(user)
    const gone = { kind: 'removed', urls: ['*'], tags: [], all: true, cause: 'sign-out' }
    expect(heard.mock.calls).toEqual([[gone], [gone]])
  })

  it('a page whose user is another hears it also where the worker does not answer (I3)', async () => {
    const layer = connect()
    const heard = vi.fn()
    layer.on('change', heard)
    await settled()
    await layer.identify('ada')
    answers.identify = () => Promise.reject(new Error('no answer'))
    await expect(layer.identify('grace')).rejects.toThrow('no answer')
    expect(heard).toHaveBeenCalledOnce()
  })

  it('a page that has no users says so when it is asked', async () => {
    connect()
    await settled()
    say({ say: 'who' })
    await settled()
    expect(vi.mocked(ask).mock.lastCall?.[1]).toEqual({ ask: 'identify', user: null })
  })

  describe('a worker of another version of the protocol', () => {
    const sayInAnother = (): unknown =>
      channels[0]?.onmessage?.({ data: { ...envelope({ say: 'change' }), freshlayer: PROTOCOL_VERSION + 1 } })

    it('has the page told that everything may have changed, once for each time that it greets', async () => {
      const heard = vi.fn()
      connect().on('change', heard)
      await settled()
      sayInAnother()
      sayInAnother()
      expect(heard.mock.calls).toEqual([[MISSED]])
      look()
      await settled()
      sayInAnother()
      sayInAnother()
      expect(heard.mock.calls).toEqual([[MISSED], [MISSED]])
    })

    it('that refuses each question has it said once, however often the page looks', async () => {
      const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
      answers.hello = () => {
        throw new Error('the page speaks version 1 of the protocol')
      }
      connect()
      for (let times = 0; times < 3; times++) {
        await settled()
        look()
      }
      await settled()
      expect(asked.filter((each) => each === 'hello').length).toBeGreaterThan(2)
      expect(said.mock.calls).toEqual([['[freshlayer]', new Error('the page speaks version 1 of the protocol')]])
    })

    it.each(['over the channel', 'in a greeting'])(
      'that tells of a change of an unknown kind %s has everything count as changed, and the log goes on',
      async (where) => {
        const merged = { kind: 'merged' as 'changed', partition: 'everyone', position: 1 }
        const logged: LoggedChange = {
          targets: ['url x'],
          cause: 'response',
          logId: 'log',
          atMs: 0,
          informed: [],
          ...merged,
        }
        const isMissed = where === 'in a greeting'
        if (isMissed) answers.hello = () => ({ ...GREETING, position: 1, missed: [logged] })
        const heard = vi.fn()
        connect().on('change', heard)
        await settled()
        if (!isMissed) tell(merged)
        expect(heard.mock.calls).toEqual([[RESET]])
        tell({ position: 2, partition: 'everyone' })
        expect(heard).toHaveBeenCalledTimes(2)
        expect(asked).toEqual(['hello'])
      },
    )
  })

  it('another worker that controls the page is named once', () => {
    const said = vi.spyOn(console, 'info').mockImplementation(() => undefined)
    container.controller.scriptURL = 'https://app.test/other.js'
    connect()
    look()
    look()
    expect(said.mock.calls).toEqual([[expect.stringContaining('https://app.test/other.js')]])
  })

  describe('code of the app that throws', () => {
    const error = new Error('the app’s')
    const throws = (): never => {
      throw error
    }
    const reported = vi.fn()
    beforeEach(() => {
      reported.mockClear()
      vi.stubGlobal('reportError', reported)
    })

    it('`identify`: is reported, and the page connects and is greeted all the same', async () => {
      const layer = connect({ identify: throws })
      expect(layer.state.controlled).toBe(true)
      expect(reported).toHaveBeenCalledWith(error)
      await settled()
      expect(asked).toEqual(['hello'])
      look()
      await settled()
      expect(asked).toEqual(['hello', 'hello'])
    })

    it('`identify`: when the worker asks who the user is, is no word that there is none', async () => {
      connect({ identify: throws })
      reported.mockClear()
      say({ say: 'who' })
      expect(reported).toHaveBeenCalledWith(error)
      await settled()
      expect(asked).not.toContain('identify')
    })

    it.each([
      ['throws', throws],
      ['rejects', () => Promise.reject(error)],
    ])('`authorization` that %s: is reported, and nothing is said', async (_, authorization) => {
      const answer = vi.fn()
      connect({ authorization })
      say({ say: 'authorization' }, [{ postMessage: answer }])
      await vi.waitFor(() => expect(reported).toHaveBeenCalledWith(error))
      expect(answer).not.toHaveBeenCalled()
    })

    it('`secret`: is reported, and nothing is said', async () => {
      const answer = vi.fn()
      connect({ secret: throws })
      say({ say: 'secret', name: 'x-csrf-token', url: 'https://app.test/api' }, [{ postMessage: answer }])
      await vi.waitFor(() => expect(reported).toHaveBeenCalledWith(error))
      expect(answer).not.toHaveBeenCalled()
    })

    it('`mayUpdate`: is reported, and lets no update take over', () => {
      const answer = vi.fn()
      connect({ mayUpdate: throws })
      say({ say: 'agree' }, [{ postMessage: answer }])
      expect(reported).toHaveBeenCalledWith(error)
      expect(answer.mock.calls).toEqual([[undefined]])
    })

    it('a listener: is reported, and the others are called', async () => {
      const layer = connect()
      const heard = vi.fn()
      for (const kind of ['state', 'change'] as const) {
        layer.on(kind, throws)
        layer.on(kind, heard)
      }
      say({ say: 'outdated' })
      expect(heard).toHaveBeenLastCalledWith(expect.objectContaining({ outdated: true }))
      say({ say: 'reset', logId: 'another' })
      expect(heard).toHaveBeenLastCalledWith(RESET)
      expect(reported.mock.calls).toEqual([[error], [error]])
    })
  })

  it.each<[what: string, change: Partial<LoggedChange>, event: Partial<ChangeEvent>]>([
    [
      'tags, URLs and prefixes',
      {
        kind: 'invalidated',
        targets: ['tag a b', 'url https://app.test/x', 'prefix https://app.test/y/'],
        cause: 'write',
      },
      {
        kind: 'invalidated',
        urls: ['https://app.test/x', 'https://app.test/y/*'],
        tags: ['a b'],
        all: false,
        cause: 'write',
      },
    ],
    [
      'everything',
      { kind: 'removed', targets: [], all: true, cause: 'sign-out' },
      { kind: 'removed', urls: ['*'], tags: [], all: true, cause: 'sign-out' },
    ],
  ])('is told of a change of %s in the words of the app', async (_what, change, event) => {
    const heard = vi.fn()
    connect().on('change', heard)
    await settled()
    tell({ position: 1, partition: 'everyone', ...change })
    expect(heard.mock.calls).toEqual([[event]])
  })

  it('says how far it has heard and whose changes concern it, and nothing else of what it was told', async () => {
    connect()
    await settled()
    look()
    await settled()
    const [, question] = vi.mocked(ask).mock.lastCall ?? []
    expect(question).toEqual({
      ask: 'hello',
      since: { logId: 'log', position: 0 },
      partitions: ['everyone'],
      shown: [],
    })
  })

  it('hears once of a change in another log than the one that it is greeted with, and does not greet again and again', async () => {
    const change = {
      kind: 'changed',
      targets: ['url https://app.test/api'],
      cause: 'response',
      partition: 'everyone',
    } as const
    const layer = connect()
    const heard: string[] = []
    layer.on('change', ({ kind }) => heard.push(kind))
    channels[0]?.onmessage?.({
      data: envelope({ say: 'change', change: { ...change, logId: 'earlier', position: 7, atMs: 0, informed: [] } }),
    })
    await vi.waitFor(() => expect(heard).toEqual(['changed']))
    await new Promise((resolve) => setTimeout(resolve))
    expect(asked).toEqual(['hello'])
  })

  it('is told which items of a list have changed, where that is known', async () => {
    const layer = connect()
    const heard: unknown[] = []
    layer.on('change', ({ diff }) => heard.push(diff))
    await vi.waitFor(() => expect(asked).toEqual(['hello']))
    const diff = { added: ['3'], updated: ['2'], removed: ['1'] }
    await vi.waitFor(() => {
      tell({ position: 1, partition: 'everyone', diff })
      expect(heard).toEqual([diff])
    })
    tell({ position: 2, partition: 'everyone' })
    expect(heard).toEqual([diff, undefined])
  })

  it('is told which items its own read has brought, and that it has nothing to read', async () => {
    const layer = connect()
    const heard: unknown[] = []
    layer.on('change', ({ diff, isRead }) => heard.push([diff?.added, isRead]))
    await vi.waitFor(() => expect(asked).toEqual(['hello']))
    const diff = { added: ['3'], updated: [], removed: [] }
    const own = { partition: 'everyone', informed: ['here'] }
    await vi.waitFor(() => {
      tell({ position: 1, ...own, diff })
      expect(heard).toEqual([[['3'], true]])
    })
    tell({ position: 2, ...own })
    tell({ position: 3, partition: 'everyone', diff })
    expect(heard).toEqual([
      [['3'], true],
      [['3'], undefined],
    ])
  })

  it('is told of changes of its own users and of everyone, and asks the worker whether others’ concern it', async () => {
    const layer = connect()
    const heard: string[] = []
    layer.on('change', ({ urls }) => heard.push(...urls))
    await vi.waitFor(() => expect(asked).toEqual(['hello']))
    await vi.waitFor(() => {
      tell({ position: 1, partition: 'everyone' })
      expect(heard).toEqual(['everyone'])
    })
    tell({ position: 2, partition: 'user/ada', informed: ['here'] })
    expect(asked).toEqual(['hello'])
    const missed: LoggedChange[] = []
    answers.hello = () => ({ ...GREETING, position: 3, missed, partitions: ['everyone', 'user/ada'] })
    tell({ position: 3, partition: 'user/grace' })
    await vi.waitFor(() => expect(asked).toEqual(['hello', 'hello']))
    await vi.waitFor(() => {
      tell({ position: 4, partition: 'user/ada' })
      expect(heard).toEqual(['everyone', 'user/ada'])
    })
  })

  describe('changes of users that are not its own', () => {
    const helloes = (): number => asked.filter((ask) => ask === 'hello').length
    const heard: string[] = []
    let layer: Freshlayer
    let position = 0
    /** A change of a user, and what follows when the page has nothing more to ask. */
    const change = async (partition: string, more: Partial<LoggedChange> = {}): Promise<void> => {
      position++
      tell({ position, partition, ...more })
      await settled()
    }
    beforeEach(async () => {
      heard.length = position = 0
      answers.hello = () => ({ ...GREETING, position })
      layer = connect()
      layer.on('change', ({ urls }) => heard.push(...urls))
      await settled()
      await change('user/grace')
      await change('user/grace')
      await change('user/grace')
    })

    it('have the page ask once for each user', async () => {
      expect(helloes()).toBe(2)
      await change('user/alan')
      await change('user/alan')
      await change('user/grace')
      expect(helloes()).toBe(3)
      await change('everyone')
      expect(helloes()).toBe(3)
      expect(heard).toEqual(['everyone'])
    })

    it('are told at once, without a question, where a user is gone', async () => {
      await change('user/grace', { kind: 'removed', targets: [], all: true })
      expect(heard).toEqual(['*'])
      expect(helloes()).toBe(2)
    })

    it.each<[what: string, happens: () => unknown]>([
      ['the page says that its user is another', () => layer.identify('grace')],
      ['a user is gone', () => change('user/alan', { kind: 'removed', targets: [], all: true })],
      ['the worker says that another user’s changes concern the page', () => say({ say: 'partitions' })],
      ['the page itself has caused a change of theirs', () => change('user/grace', { informed: ['here'] })],
    ])('have it ask anew when %s', async (_what, happens) => {
      await happens()
      await settled()
      heard.length = 0
      const before = helloes()
      answers.hello = () => ({ ...GREETING, position, partitions: ['everyone', 'user/grace'] })
      await change('user/grace')
      expect(helloes()).toBe(before + 1)
      await change('user/grace')
      expect(helloes()).toBe(before + 1)
      expect(heard).toEqual(['user/grace'])
    })

    it('have it ask anew when its user changes while the worker is being asked', async () => {
      const answer = vi.fn()
      answers.hello = () => new Promise((resolve) => answer.mockImplementation(resolve))
      await change('user/alan')
      await layer.identify('alan')
      answer({ ...GREETING, position })
      await settled()
      answers.hello = () => ({ ...GREETING, position, partitions: ['everyone', 'user/alan'] })
      await change('user/alan')
      await change('user/alan')
      expect(heard).toEqual(['user/alan'])
    })
  })

  it.each<[what: string, next: number, become: (layer: Freshlayer) => unknown]>([
    ['has said that its user is another', 1, (layer) => layer.identify('grace')],
    [
      'has heard that a user is gone',
      2,
      () => tell({ position: 1, partition: 'user/ada', kind: 'removed', targets: [], all: true }),
    ],
  ])('a page that %s is told nothing more of the one before, unless the worker says so', async (_, next, become) => {
    const partitions = ['everyone', 'user/ada']
    answers.hello = () => ({ ...GREETING, partitions })
    const layer = connect()
    const heard: string[] = []
    layer.on('change', ({ urls }) => heard.push(...urls))
    await vi.waitFor(() => expect(asked).toEqual(['hello']))
    await new Promise((resolve) => setTimeout(resolve))
    await become(layer)
    answers.hello = () => ({ ...GREETING, position: next, partitions: ['everyone'] })
    tell({ position: next, partition: 'user/ada', targets: ['url hers'] })
    await vi.waitFor(() => expect(asked.filter((ask) => ask === 'hello')).toHaveLength(2))
    await new Promise((resolve) => setTimeout(resolve))
    expect(heard).not.toContain('hers')
  })

  it('a page that has just been loaded past its worker signs out by it, though the registration is not told yet', async () => {
    container.controller = Object.assign(new FakeWorker(), { scriptURL: 'https://app.test/other.js' })
    const active = new FakeWorker()
    Object.assign(container, {
      register: () => new Promise(() => undefined),
      // The page need not be in its scope.
      getRegistration: (within: string) =>
        Promise.resolve(within === '/app/' ? Object.assign(registration, { active }) : undefined),
    })
    answers['sign-out'] = () => ({ signedOut: true, unsent: 0 })
    vi.spyOn(console, 'info').mockImplementation(() => undefined)
    await connect({ scope: '/app/' }).signOut()
    expect(asked).toContain('sign-out')
  })

  it('where the browser does not say what is registered, a sign-out settles all the same', async () => {
    Object.assign(container, {
      controller: null,
      register: () => new Promise(() => undefined),
      getRegistration: () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError')),
    })
    expect(await connect().signOut()).toEqual({ signedOut: true, unsent: 0 })
  })

  it('a page that was loaded past its worker can speak to it all the same', async () => {
    container.controller = Object.assign(new FakeWorker(), { scriptURL: 'https://app.test/other.js' })
    const active = new FakeWorker()
    Object.assign(registration, { active })
    answers['sign-out'] = () => ({ signedOut: true, unsent: 0 })
    vi.spyOn(console, 'info').mockImplementation(() => undefined)
    const layer = connect()
    await vi.waitFor(async () => {
      await layer.signOut()
      expect(asked).toContain('sign-out')
    })
  })

  describe('what a page has read before the worker took it over', () => {
    const entry = (of: object) => ({ initiatorType: 'fetch', workerStart: 0, responseStatus: 200, ...of })

    /** The URLs that the worker is told, if it is told any, where the page has asked for these. */
    async function toldOf(entries: readonly object[], isControlled = false, isClosed = false): Promise<unknown> {
      vi.useFakeTimers({ toFake: ['setTimeout'] })
      vi.spyOn(performance, 'getEntriesByType').mockReturnValue(entries as never)
      const { controller } = container
      if (!isControlled) Object.assign(container, { controller: null })
      answers.fill = () => true
      const layer = connect()
      if (isClosed) layer.close()
      Object.assign(container, { controller })
      for (let changes = 0; changes < 2; changes++) container.dispatchEvent(new Event('controllerchange'))
      // A part of the page's script comes later, as from a server.
      await vi.dynamicImportSettled()
      await vi.advanceTimersByTimeAsync(5000)
      await vi.dynamicImportSettled()
      const told = vi.mocked(ask).mock.calls.flatMap(([, question]) => (question.ask === 'fill' ? [question.urls] : []))
      vi.mocked(ask).mockClear()
      return told
    }

    it('is told to the worker once: what its own code has asked for, and has got', async () => {
      const told = await toldOf([
        entry({ name: 'https://app.test/a' }),
        entry({ name: 'https://app.test/b', initiatorType: 'xmlhttprequest' }),
        // Not every browser says the status.
        entry({ name: 'https://app.test/c', responseStatus: undefined }),
        entry({ name: 'https://app.test/image', initiatorType: 'img' }),
        entry({ name: 'https://app.test/refused', responseStatus: 401 }),
        entry({ name: 'https://app.test/by-the-worker', workerStart: 7 }),
      ])
      expect(told).toEqual([['https://app.test/a', 'https://app.test/b', 'https://app.test/c']])
    })

    it('is not told where it has closed its connection meanwhile', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout'] })
      vi.spyOn(performance, 'getEntriesByType').mockReturnValue([entry({ name: '/a' })] as never)
      const { controller } = container
      Object.assign(container, { controller: null })
      answers.fill = () => true
      const layer = connect()
      await layer.invalidate({ tags: [] })
      Object.assign(container, { controller })
      container.dispatchEvent(new Event('controllerchange'))
      layer.close()
      await vi.advanceTimersByTimeAsync(5000)
      expect(asked).not.toContain('fill')
    })

    it.each([
      ['there is none', [], false, false],
      ['it was controlled from the start: a newer worker takes over', [entry({ name: '/a' })], true, false],
      ['it has closed its connection', [entry({ name: '/a' })], false, true],
    ] as const)('is not told where %s', async (_, entries, isControlled, isClosed) => {
      expect(await toldOf(entries, isControlled, isClosed)).toEqual([])
    })
  })
})
