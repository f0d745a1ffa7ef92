import { normaliseUrl, type Rule } from '../../../config/language/index.ts'
import { currentAge } from '../../core/freshness.ts'
import type { RequestHead } from '../../core/head.ts'
import { entryKey } from '../../core/key.ts'
import { plan } from '../../core/plan.ts'
import { isPart } from '../../core/range.ts'
import type { Row } from '../../core/row.ts'
import { selected } from '../../core/select.ts'
import { settle, type Settlement } from '../../core/settle.ts'
import { storedAnswer } from '../requests/answer.ts'
import { bodyOf } from '../store/bodies.ts'
import type { Store } from '../store/store.ts'
import { now } from '../clock.ts'
import { describeRequest, describeResponse, fieldsOf } from '../requests/describe.ts'
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

/** The pages that the server has rendered: the last good one of each URL, for when it cannot be reached. */
export interface Pages {
  /** A page load begins. What it gives is told the server's answer, if there is one, and keeps it where that may be. */
  readonly begin: (event: FetchEvent) => (response: Response | undefined) => Promise<void>
  /** The stored page of a request's URL, where whoever loads it may see it and it may stand in. */
  readonly match: (request: Request) => Promise<Response | undefined>
}

/** Keeps pages by a rule of their own. They are loaded as ever: nothing is added to the request, and it is sent once. */
export function pagesBy(rule: Rule, { writer, rows, log, generations, responses, identity, structured }: Ports): Pages {
  const find = async (request: Request, partition: string): Promise<Found> => {
    const url = normaliseUrl(request.url, rule)
    // A page comes from the network if it can: going back, for which browsers take what they have, makes no exception.
    const head: RequestHead = { ...describeRequest(request, url, partition), cache: 'no-cache' }
    const key = entryKey({ partition, request: head, url, credentials: 'include', keyHeaders: [] })
    return { head, key, row: selected(await rows.find(key), head) }
  }
  /** Whose page is shown when nobody can be asked. */
  const lastUser = async (): Promise<string | undefined> => (rule.public ? EVERYONE : identity.last(''))
  return {
    begin({ request, resultingClientId }) {
      const ticket = writer.ticket()
      const requestedAtMs = now()
      // Only what was asked for after a doubt came up can end it.
      const doubted = lastUser().then((partition) => {
        if (partition === undefined || !identity.isDoubted(partition)) return undefined
        return { partition, isSame: generations.watch(partition) }
      })
      return async (response) => {
        if (response === undefined) return writer.release(ticket)
        const receivedAtMs = now()
        const fields = fieldsOf(response.headers)
        const outcome = { kind: 'response', head: describeResponse(response, structured) } as const
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
          // Of one that it refuses the server does not know who it is.
          if (response.status === 401) {
            const refused = await lastUser()
            if (refused !== undefined) await identity.doubt(refused, 'refused')
            return
          }
          const named = rule.public ? EVERYONE : identity.ofPage(resultingClientId, fields)
          const last = await lastUser()
          // What is gone seldom says whose it was. Nothing is kept for somebody who is not named.
          const over = last !== undefined && !rule.public && settleFor(last, false)
          const [partition] = await Promise.all([named, over])
          const isDownload = /^attachment/i.test(fields.get('content-disposition') ?? '')
          if (partition === undefined) {
            if (response.ok && !isDownload) report(UNNAMED, request.url)
            return
          }
          const settlement = await settleFor(partition, !isDownload)
          const before = await doubted
          const isSuccess = response.ok && settlement.why !== 'unexpected-type'
          if (!isSuccess || before?.partition !== partition || !before.isSame()) return
          if (identity.confirms(partition, fields)) await identity.doubt(partition, 'none')
        } finally {
          writer.release(ticket)
          if (!response.bodyUsed) await response.body?.cancel()
        }
      }
    },
    async match(request) {
      const partition = await lastUser()
      if (partition === undefined || identity.isDoubted(partition)) return undefined
      const { head, row } = await find(request, partition)
      if (row === undefined) return undefined
      const invalidated = log.isInvalidated(row)
      const planned = plan({ request: head, rule, row, variants: [], partial: isPart(row), invalidated, now: now() })
      if (planned.kind !== 'validate' || !planned.standsIn) return undefined
      const body = bodyOf(row)
      const detail = invalidated ? 'offline-before-write' : 'offline'
      return body && storedAnswer(head, row, body, currentAge(row, now()), { fwd: 'stale', detail })
    },
  }
}

const UNNAMED = 'pages: nobody says whose they are, so none is kept; see navigation.public and identity'

interface Found {
  readonly head: RequestHead
  readonly key: string
  readonly row: Row | undefined
}
