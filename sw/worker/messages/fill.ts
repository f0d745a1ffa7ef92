import type { Matcher } from '../../../config/language/index.ts'
import type { Explanation } from '../../protocol.ts'
import { askClient } from '../ask-client.ts'
import { readOf } from '../requests/read.ts'
import type { Asked } from '../requests/read-context.ts'
import { worker } from '../scope.ts'
import { type Generations, UNKNOWN_USER } from '../store/generations.ts'
import type { Answerer } from './answering.ts'

interface Ports {
  readonly match: Matcher
  readonly generations: Generations
  /** Stores what a page has read. */
  readonly fillStore: (asked: Asked) => Promise<number | undefined>
  readonly identifiedBy: NonNullable<Explanation['identifiedBy']>
}

/** A page that has read more before its worker was there fills the store with the last ones. */
const MAX_URLS = 50
/** So many are asked for at once. */
const LANES = 3

/**
 * A page has read these URLs before this worker controlled it: they are asked for once more, and stored. How the page asked
 * is not known, so it is a GET with the fields of a plain `fetch()`, and a rule with `keyHeaders` is left alone. The page's
 * token goes to this origin alone, and only until a user signs in or out. An origin that is away, or that refuses the
 * user, is asked no more.
 */
export const fill: Answerer<'fill', Ports> = async (
  { match, generations, fillStore, identifiedBy },
  { urls },
  clientId,
) => {
  const isSameSession = generations.watch(UNKNOWN_USER)
  const client = identifiedBy.includes('authorization') ? await worker.clients.get(clientId) : undefined
  const token = client && (await askClient(client, { say: 'authorization' }))
  const headers: HeadersInit = typeof token === 'string' && token !== '' ? { authorization: token } : {}
  const left = [...new Set(urls.slice(-MAX_URLS))]
  const lane = async (): Promise<void> => {
    for (let url = left.pop(); url !== undefined; url = left.pop()) {
      const found = readOf(match, url)
      if (found === undefined || found.rule.keyHeaders.length > 0) continue
      if (!found.rule.public && !isSameSession()) continue
      const isOwnOrigin = new URL(found.href).origin === worker.location.origin
      // What another origin has for a user depends on credentials that are not known here.
      if (!isOwnOrigin && !found.rule.public && identifiedBy.length > 0) continue
      const request = new Request(found.href, isOwnOrigin && !found.rule.public ? { headers } : {})
      const status = await fillStore({ request, match: found, clientId, waitUntil: () => undefined })
      if (status === 0 || status === 401 || (status ?? 0) > 499) left.length = 0
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return true
}
