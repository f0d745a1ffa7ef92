import { normaliseUrl, type Rule } from '../../../config/language/index.ts'
import { currentAge } from '../../core/freshness.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey } from '../../core/key.ts'
import { plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { settle, type Settlement } from '../../core/settle.ts'
import { storedAnswer } from '../../fetch/answer.ts'
import { bodyOf } from '../store/bodies.ts'
import { UNKNOWN_USER } from '../store/generations.ts'
import type { Store } from '../store/store.ts'
import { now } from '../../fetch/clock.ts'
import { describeRequest, describeResponse, fieldsOf } from '../../fetch/describe.ts'
import { EVERYONE, type Identity } from '../identity/identity.ts'
import type { ResponseStore } from '../requests/response-store.ts'
import type { Read } from '../requests/read.ts'
import { report } from '../report.ts'
import type { Structured } from '../requests/structured.ts'

interface Ports extends Pick<Store, 'writer' | 'rows' | 'log' | 'generations'> {
  readonly responses: ResponseStore
  readonly identity: Identity
  readonly structured: Structured | undefined
}

/** Server-rendered pages: the last good page of each URL, for when the server cannot be reached. */
export interface Pages {
  /**
   * Begins a page load. The caller passes the server's answer, if any, to the returned function, which may store it.
   */
  readonly begin: (event: FetchEvent) => (response: Response | undefined) => Promise<void>
  /** The stored page of a request's URL, if the current user may see it and it may be served offline. */
  readonly match: (request: Request) => Promise<Response | undefined>
}

/** Stores pages by their own rule. The load does not change: the request is sent once, and nothing is added to it. */
export function pagesBy(rule: Rule, { writer, rows, log, generations, responses, identity, structured }: Ports): Pages {
  const find = async (request: Request, partition: string): Promise<Found> => {
    const url = normaliseUrl(request.url, rule)
    // A page comes from the network if possible. `no-cache` also covers back navigation, where browsers use
    // `force-cache`.
    const head: RequestHead = { ...describeRequest(request, url, partition), cache: 'no-cache' }
    const key = entryKey({ partition, request: head, url, credentials: 'include', keyHeaders: [] })
    return { head, key, row: selected(await rows.find(key), head) }
  }
  /** The partition whose page is shown when the network fails. */
  const lastUser = async (): Promise<string | undefined> => (rule.public ? EVERYONE : identity.last(''))
  return {
    begin({ request, resultingClientId }) {
      const ticket = writer.ticket()
      const requestedAtMs = now()
      // Only an answer to a request sent after a doubt began can end the doubt.
      const isSame = generations.watch(UNKNOWN_USER)
      const isAlone = identity.watchOthers(UNKNOWN_USER)
      const isSameSession = (): boolean => isSame() && isAlone()
      const doubted = lastUser().then((partition) => {
        if (partition === undefined || !identity.isDoubted(partition)) return undefined
        return { partition, isSame: generations.watch(partition) }
      })
      return async (response) => {
        if (response === undefined) return writer.release(ticket)
        // A page that was asked for before a sign-in or sign-out may be of either user.
        if (!rule.public && !isSameSession()) {
          writer.release(ticket)
          return response.body?.cancel()
        }
        const receivedAtMs = now()
        const fields = fieldsOf(response.headers)
        const outcome = { kind: 'response', head: describeResponse(response, request.url, structured) } as const
        const settleFor = async (partition: string, mayStore: boolean): Promise<Settlement> => {
          const { head, key, row } = await find(request, partition)
          const settled = (store: boolean): Settlement =>
            settle({
              plan: { kind: 'fetch', store, variants: [], fwd: 'uri-miss', why: 'page' },
              request: head,
              stored: row,
              expects: rule.expects,
              outcome,
              unasked: false,
            })
          const whole = settled(true)
          const settlement = whole.kind === 'store' && !mayStore ? settled(false) : whole
          const read: Read = {
            request,
            head,
            rule,
            tags: [],
            partition,
            key,
            keyOf: () => key,
            body: undefined,
            authorization: null,
            isTheirs: () => true,
            clientId: resultingClientId,
            waitUntil: () => undefined,
            row,
          }
          const exchange = { requestedAtMs, receivedAtMs, sequence: await writer.placeOf(ticket) }
          await responses.keep(read, settlement, response, exchange, new Set([resultingClientId]))
          return settlement
        }
        try {
          // With a 401 the server does not know the user, so the 401 counts for the last user.
          if (response.status === 401) {
            const refused = await lastUser()
            if (refused !== undefined) await identity.refuse(refused)
            return
          }
          const named = rule.public ? EVERYONE : identity.ofPage(resultingClientId, fields, isSameSession)
          const last = await lastUser()
          // A 404 rarely names its user, so it removes the last user's page. A page without a named user is not stored.
          const over = last !== undefined && !rule.public && settleFor(last, false)
          const [partition] = await Promise.all([named, over])
          // The page takes up to 10 s to name its user. That is the next one if there was a sign-in meanwhile.
          if (!rule.public && !isSameSession()) return
          const isDownload = /^attachment/i.test(fields.get('content-disposition') ?? '')
          if (partition === undefined) {
            if (response.ok && !isDownload) report(UNNAMED, request.url)
            return
          }
          const settlement = await settleFor(partition, !isDownload)
          const before = await doubted
          const isSuccess = response.ok && settlement.why !== 'unexpected-type'
          if (!isSuccess || before?.partition !== partition || !before.isSame() || !isSameSession()) return
          if (identity.confirms(partition, fields)) await identity.confirm(partition)
        } finally {
          writer.release(ticket)
          if (!response.bodyUsed) await response.body?.cancel()
        }
      }
    },
    async match(request) {
      const partition = await lastUser()
      if (partition === undefined) return undefined
      // Until the doubts on disk are read every user is in doubt. Nothing else can answer, so a slow disk is waited for.
      const [{ head, row }] = await Promise.all([find(request, partition), !rule.public && writer.load()])
      if (row === undefined || identity.isDoubted(partition)) return undefined
      const invalidated = log.isInvalidated(row)
      const partial = isPart(row)
      const planned = plan({
        request: head,
        rule,
        row,
        variants: [],
        partial,
        invalidated,
        doubted: false,
        reloaded: false,
        now: now(),
      })
      if (planned.kind !== 'validate' || !planned.standsIn) return undefined
      const body = bodyOf(row)
      const detail = invalidated ? 'offline-before-write' : 'offline'
      return body && storedAnswer(head, row, body, currentAge(row, now()), { fwd: 'stale', detail })
    },
  }
}

const UNNAMED = 'pages: no user is named, so no page is stored; see navigation.public and identity'

interface Found {
  readonly head: RequestHead
  readonly key: string
  readonly row: Row | undefined
}
