import { afterEach, describe, expect, it, vi } from 'vitest'
import { FAILING, fakeWriter, recordsIn } from '../store/fake-database.fixture.ts'
import type { Transactions, Writer } from '../store/writer.ts'

const { Secrets } = await import('./secrets.ts')
const { onClose } = await import('../store/database.ts')

const opened = async (): Promise<Writer> => (await fakeWriter()).writer

const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void vi.useRealTimers())

const asked = new Map([
  ['accept', 'application/json'],
  ['x-auth-token', 'very secret'],
  ['x-store-id', '7'],
])

describe('the fields of a request', () => {
  it('are stored with digests in place of secrets, and otherwise unchanged', async () => {
    const hidden = await new Secrets(await opened()).hide(asked)
    expect([...hidden.keys()]).toEqual([...asked.keys()])
    expect(hidden.get('x-auth-token')).toMatch(/^[\w+/]{43}=$/)
    expect(hidden.get('accept')).toBe('application/json')
    expect(hidden.get('x-store-id')).toBe('7')
  })

  it('are hidden synchronously without a secret, or with one that was seen before', async () => {
    const secrets = new Secrets(await opened())
    const plain = new Map([['accept', '*/*']])
    expect(secrets.hide(plain)).toBe(plain)
    const hidden = await secrets.hide(asked)
    expect(secrets.hide(asked)).toEqual(hidden)
  })

  it('are told apart by their secrets', async () => {
    const secrets = new Secrets(await opened())
    const other = await secrets.hide(new Map([...asked, ['x-auth-token', 'another']]))
    expect(other).not.toEqual(await secrets.hide(asked))
  })

  it('are restored to what the page sent while the worker that saw it lives', async () => {
    const store = await opened()
    const secrets = new Secrets(store)
    const hidden = await secrets.hide(asked)
    expect(secrets.shown(hidden)).toEqual(asked)
    expect(new Secrets(store).shown(hidden)).toBeUndefined()
    expect(new Secrets(store).shown(new Map([['accept', '*/*']]))).toEqual(new Map([['accept', '*/*']]))
  })
})

describe('the key', () => {
  it('is the same for two workers that begin at once, and for those after them', async () => {
    const store = await opened()
    const [one, other] = await Promise.all([new Secrets(store).digestOf('a'), new Secrets(store).digestOf('a')])
    expect(one).toBe(other)
    expect(await new Secrets(store).digestOf('a')).toBe(one)
    expect(await new Secrets(await opened()).digestOf('a')).not.toBe(one)
  })

  it('cannot be read by any script', async () => {
    const store = await opened()
    await new Secrets(store).digestOf('a')
    const key = (await recordsIn(store)).get('secret') as CryptoKey
    expect(key.extractable).toBe(false)
    expect(key.usages).toEqual(['sign'])
  })

  it('is created again when the stored value is not a key', async () => {
    const store = await opened()
    await store.write(({ store: records }) => void records.put('no key', 'secret'))
    const digest = await new Secrets(store).digestOf('a')
    expect(await new Secrets(store).digestOf('a')).toBe(digest)
  })

  it('is the stored one again after a database was deleted under the worker', async () => {
    const store = await opened()
    const secrets = new Secrets(store)
    const before = await secrets.digestOf('a')
    await store.write(({ store: records }) => void records.clear())
    for (const tell of onClose) tell()
    const digest = await secrets.digestOf('a')
    expect(digest).not.toBe(before)
    expect(await new Secrets(store).digestOf('a')).toBe(digest)
  })

  it('serves this worker where the store fails', async () => {
    const secrets = new Secrets(FAILING)
    const digest = await secrets.digestOf('a')
    expect(await secrets.digestOf('a')).toBe(digest)
    expect(await secrets.digestOf('b')).not.toBe(digest)
    expect(said).toHaveBeenCalledOnce()
  })

  it('is the stored one as soon as a slow store returns it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const store = await opened()
    const stored = await new Secrets(store).digestOf('a')
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    const secrets = new Secrets({ ...FAILING, write: (work) => held.then(() => store.write(work)) })
    const digest = secrets.digestOf('a')
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await digest).not.toBe(stored)
    release()
    await vi.waitFor(() => expect(secrets.known('a')).toBeUndefined())
    expect(await secrets.digestOf('a')).toBe(stored)
  })

  it('serves this worker where the store hangs, after a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const secrets = new Secrets({ write: () => new Promise(() => undefined) } as unknown as Transactions)
    const digest = secrets.digestOf('a')
    // The fake clock does not control the creation of the key.
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    await vi.advanceTimersByTimeAsync(1000)
    expect(await digest).toBe(secrets.known('a'))
  })
})

describe('values that change with each request', () => {
  it('are not remembered for ever, and a forgotten value gets the same digest again', async () => {
    const secrets = new Secrets(await opened())
    const first = await secrets.digestOf('first')
    for (let at = 0; at < 200; at++) await secrets.digestOf(`value ${at}`)
    expect(secrets.known('first')).toBeUndefined()
    expect(await secrets.digestOf('first')).toBe(first)
  })
})
