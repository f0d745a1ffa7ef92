import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Reachability } from './reachability.ts'

const URL_READ = 'https://app.test/api/items'
const OTHER_URL = 'https://app.test/api/other'

/** What the origin says to a request that follows no redirect, to one that follows those of this origin, and to any other. */
let says: Record<'unfollowed' | 'within' | 'followed', () => Promise<object>>
let asked: (readonly [url: string, redirect: string | undefined])[]
let told: unknown[]
let reachability: Reachability

const fails = (): Promise<never> => Promise.reject(new TypeError('Failed to fetch'))
const redirects = (): Promise<object> => Promise.resolve({ type: 'opaqueredirect', status: 0 })
const answers =
  (status = 200) =>
  (): Promise<object> =>
    Promise.resolve({ type: 'basic', status })

/** A read of a URL has failed without an answer; asking again fails too, until the URL is well. */
let isWell: boolean
function fail(url = URL_READ): void {
  reachability.missed(url, false, () => {
    if (isWell) reachability.reached(url)
    else fail(url)
    return Promise.resolve()
  })
}

const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve))
const SIGN_IN = { say: 'origin', reachable: false, signIn: true }
const AWAY = { say: 'origin', reachable: false, signIn: false }
const BACK = { say: 'origin', reachable: true, signIn: false }

beforeEach(() => {
  says = { unfollowed: fails, within: fails, followed: fails }
  asked = []
  told = []
  isWell = false
  vi.stubGlobal('location', { origin: 'https://app.test' })
  vi.stubGlobal('navigator', { onLine: true })
  vi.stubGlobal('fetch', (url: string, { redirect }: RequestInit) => {
    asked.push([url, redirect])
    return says[redirect === 'manual' ? 'unfollowed' : redirect === 'follow' ? 'within' : 'followed']()
  })
  reachability = new Reachability({ announce: (each: unknown) => told.push(each) } as never)
})

afterEach(() => void vi.unstubAllGlobals())

describe('a read that fails without an answer', () => {
  it('says that a sign-in is needed where the same URL is redirected', async () => {
    says.unfollowed = redirects
    fail()
    await settled()
    expect(told).toEqual([SIGN_IN])
    expect(asked).toEqual(['manual', 'follow'].map((redirect) => [URL_READ, redirect]))
    expect(await reachability.needsSignIn()).toBe(true)
  })

  it('says that the origin is away where the redirect stays in it, as a framework’s by a slash does', async () => {
    says.unfollowed = redirects
    says.within = answers()
    fail()
    await settled()
    expect(told).toEqual([AWAY])
    expect(await reachability.needsSignIn()).toBe(false)
  })

  it.each([
    ['does not answer', fails],
    ['answers without a redirect', answers()],
    ['is down behind its gateway', answers(502)],
  ])('says that the origin is away where it %s', async (_, unfollowed) => {
    says.unfollowed = unfollowed
    fail()
    await settled()
    expect(told).toEqual([AWAY])
    expect(await reachability.needsSignIn()).toBe(false)
  })

  it('asks nothing where the device has no network', async () => {
    vi.stubGlobal('navigator', { onLine: false })
    fail()
    await settled()
    expect([told, asked]).toEqual([[AWAY], []])
  })

  it('asks nothing of another origin', async () => {
    fail('https://api.test/items')
    await settled()
    expect([told, asked]).toEqual([[AWAY], []])
  })

  it('asks once for a hundred reads', async () => {
    for (let at = 0; at < 100; at++) fail(`${URL_READ}/${at}`)
    await settled()
    fail()
    await settled()
    expect(asked).toHaveLength(1)
    expect(told).toEqual([AWAY])
  })

  it('says nothing where another read is answered before it is known what the failure means', async () => {
    let answer = (): void => undefined
    says.unfollowed = () => new Promise((resolve) => (answer = () => resolve({ type: 'opaqueredirect' })))
    fail()
    isWell = true
    reachability.reached(OTHER_URL)
    answer()
    await settled()
    expect(told).toEqual([])
  })

  it('says nothing new where the URL is always redirected and others are well (I11)', async () => {
    says.unfollowed = redirects
    for (let round = 0; round < 3; round++) {
      fail()
      await settled()
      reachability.reached(OTHER_URL)
    }
    expect(told).toEqual([SIGN_IN, BACK])
  })

  it('says it again of a URL that has been well', async () => {
    says.unfollowed = redirects
    for (let session = 0; session < 2; session++) {
      fail()
      await settled()
      reachability.reached(URL_READ)
    }
    expect(told).toEqual([SIGN_IN, BACK, SIGN_IN, BACK])
  })
})

describe('what failed while something else was answered', () => {
  const look = (): (() => void) => {
    let end = (): void => undefined
    says.unfollowed = () => new Promise((_, fail) => (end = () => fail(new TypeError('Failed to fetch'))))
    return () => end()
  }

  it('is asked once more: no tab hears that the origin was away', async () => {
    const endLook = look()
    fail()
    isWell = true
    let again = 0
    reachability.missed(URL_READ, false, () => Promise.resolve(void again++))
    reachability.reached(OTHER_URL)
    endLook()
    await settled()
    expect(again).toBe(1)
    expect(told).toEqual([])
  })

  it('is asked no more until it was well, where it fails again', async () => {
    const endLook = look()
    let again = 0
    const miss = (): void =>
      reachability.missed(URL_READ, false, () => {
        again++
        miss()
        return Promise.resolve()
      })
    miss()
    for (let count = 0; count < 5; count++) reachability.reached(OTHER_URL)
    expect(again).toBe(1)
    reachability.reached(URL_READ)
    miss()
    for (let count = 0; count < 5; count++) reachability.reached(OTHER_URL)
    expect(again).toBe(2)
    endLook()
    await settled()
  })
})

describe('a tab that asks whether the origin is back', () => {
  it('hears that a sign-in is needed, and the redirect is not followed', async () => {
    says.unfollowed = redirects
    fail()
    await settled()
    asked = []
    expect(await reachability.probe()).toEqual({ reachable: false, signIn: true })
    expect(asked).toEqual(['manual', 'follow'].map((redirect) => [URL_READ, redirect]))
  })

  it('hears that it is back once the user has signed in', async () => {
    says.unfollowed = redirects
    fail()
    await settled()
    says.unfollowed = answers()
    isWell = true
    expect(await reachability.probe()).toEqual({ reachable: true, signIn: false })
    expect(told).toEqual([SIGN_IN, BACK])
  })

  it('hears that the origin is away where it has gone meanwhile', async () => {
    says.unfollowed = redirects
    fail()
    await settled()
    says.unfollowed = fails
    expect(await reachability.probe()).toEqual({ reachable: false, signIn: false })
    expect(told).toEqual([SIGN_IN, AWAY])
  })

  it('hears that a sign-in is needed where the origin came back without the session', async () => {
    fail()
    await settled()
    says.unfollowed = redirects
    expect(await reachability.probe()).toEqual({ reachable: false, signIn: true })
    expect(told).toEqual([AWAY, SIGN_IN])
  })

  it.each([
    ['is away', fails, { reachable: false, signIn: false }],
    ['redirects to a sign-in', redirects, { reachable: false, signIn: true }],
  ])('hears from a worker that was stopped since that the origin %s', async (_, unfollowed, state) => {
    says.unfollowed = unfollowed
    expect(await reachability.probe()).toEqual(state)
  })

  it('hears from a worker that was stopped since that the origin is back', async () => {
    says.followed = answers(404)
    expect(await reachability.probe()).toEqual({ reachable: true, signIn: false })
    expect(told).toEqual([])
  })
})
