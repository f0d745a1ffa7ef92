import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Asked } from '../requests/read-context.ts'
import { Generations, UNKNOWN_USER } from '../store/generations.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { fill } = await import('./fill.ts')

const OWN = 'https://app.test/api/'
const OTHERS = 'https://other.test/api/'

interface Given {
  readonly urls: readonly string[]
  readonly by?: readonly 'authorization'[]
  readonly rule?: object
  /** What the page says of its token. Default: it does not answer. */
  readonly token?: unknown
  /** What becomes of a read. Default: it is stored. */
  readonly status?: number | undefined
  /** After so many reads a user signs in or out. Default: no user does. */
  readonly endsAfter?: number
}

/** What is asked for, where a page has read these. */
async function filled({ urls, by = [], rule = {}, token, status = 200, endsAfter }: Given): Promise<Asked[]> {
  const page = { id: 'a tab', postMessage: (_: unknown, [port]: MessagePort[]) => port?.postMessage(token) }
  vi.stubGlobal('clients', { get: () => Promise.resolve(page) })
  const asked: Asked[] = []
  const match = ({ pathname }: URL) =>
    pathname.startsWith('/api/')
      ? { kind: 'read', rule: { keyHeaders: [], public: false, ...rule }, tags: [] }
      : undefined
  const generations = new Generations()
  const fillStore = (each: Asked) => {
    if (asked.push(each) === endsAfter) generations.advanceAll((partition) => partition === UNKNOWN_USER)
    return Promise.resolve(status)
  }
  await fill({ match, fillStore, generations, identifiedBy: by } as never, { ask: 'fill', urls }, 'a tab')
  return asked
}

const urlsOf = (asked: readonly Asked[]): string[] => asked.map(({ request }) => request.url)
const tokenOf = (asked: readonly Asked[]): (string | null)[] =>
  asked.map(({ request }) => request.headers.get('authorization'))

afterEach(() => vi.stubGlobal('clients', undefined))

describe('what a page has read before its worker was there', () => {
  it('is asked for once each, by GET, where a rule reads it', async () => {
    const asked = await filled({
      urls: [`${OWN}1`, `${OWN}1`, 'https://app.test/other', 'no URL at all:', `${OTHERS}1`],
    })
    expect(urlsOf(asked).toSorted()).toEqual([`${OWN}1`, `${OTHERS}1`])
    expect(asked.map(({ request, clientId }) => [request.method, clientId])).toEqual([
      ['GET', 'a tab'],
      ['GET', 'a tab'],
    ])
  })

  it('is asked for up to a number: the last ones', async () => {
    const urls = Array.from({ length: 60 }, (_, at) => `${OWN}${at}`)
    expect(urlsOf(await filled({ urls })).toSorted()).toEqual(urls.slice(-50).toSorted())
  })

  it('is left alone where the rule’s key has fields of the page', async () => {
    expect(await filled({ urls: [`${OWN}1`], rule: { keyHeaders: ['x-tenant'] } })).toEqual([])
  })

  it.each<[what: string, url: string, token: unknown, rule: object, tokens: (string | null)[]]>([
    ['with the token of the page', `${OWN}1`, 'Bearer ada', {}, ['Bearer ada']],
    ['without a token that the page does not have', `${OWN}1`, undefined, {}, [null]],
    ['without a token that is no text', `${OWN}1`, 7, {}, [null]],
    ['without the token, where all users get the same', `${OWN}1`, 'Bearer ada', { public: true }, [null]],
    ['never of another origin where it may be personal', `${OTHERS}1`, 'Bearer ada', {}, []],
    ['of another origin without the token', `${OTHERS}1`, 'Bearer ada', { public: true }, [null]],
  ])('is asked for %s', async (_, url, token, rule, tokens) => {
    expect(tokenOf(await filled({ urls: [url], by: ['authorization'], token, rule }))).toEqual(tokens)
  })

  it('is asked for no more once a user has signed in or out: the token would be that of a user who has left (I3)', async () => {
    const urls = Array.from({ length: 20 }, (_, at) => `${OWN}${at}`)
    const given = { urls, by: ['authorization'], token: 'Bearer ada', endsAfter: 5 } as const
    expect(await filled(given)).toHaveLength(5)
    // What is the same for all users goes on.
    expect(await filled({ ...given, rule: { public: true } })).toHaveLength(20)
  })

  it.each<[what: string, status: number, isGivenUp: boolean]>([
    ['that is away', 0, true],
    ['that says so', 503, true],
    ['that does not know the user', 401, true],
    ['that lacks one of them', 404, false],
  ])('is asked of an origin %s', async (_, status, isGivenUp) => {
    const urls = Array.from({ length: 20 }, (__, at) => `${OWN}${at}`)
    expect((await filled({ urls, status })).length < 20).toBe(isGivenUp)
  })
})
