import { isOfNobody } from '../../core/key.ts'
import { bodyWithIds } from '../../core/outbox/temporary-ids.ts'
import type { HandedOver, HandedWrite, RecordReceipt } from '../../protocol.ts'
import { now } from '../../fetch/clock.ts'
import type { Answerers } from '../messages/answering.ts'
import type { Asked } from './accept.ts'
import type { Draft, OutboxStore } from './outbox-store.ts'
import { type Ending, type Held, type ReceiptOf, recordOf } from './record-mark.ts'
import { givenOf, newReceipt, type Receipt, type WriteRecord } from './write-record.ts'

/** What the outbox does for pages that have a local store of their own, and hand its records over as writes. */
export interface RecordPart {
  /** The mark of a page's request, and the request without it: it is for the worker alone. Undefined: it has none. */
  readonly marked: (request: Request) => { readonly mark: string; readonly request: Request } | undefined
  /** What is there already of a record that a page hands over. Undefined: it is to be accepted. */
  readonly held: (draft: Draft, asked: Asked) => Held | undefined
  readonly receiptOf: ReceiptOf
  readonly answerers: (ports: AnswererPorts) => Answerers<unknown>
}

interface AnswererPorts {
  readonly store: OutboxStore
  readonly partitionsOf: (clientId: string) => Promise<readonly string[]>
  /** Settles once what pages have handed over until now is in the outbox. */
  readonly settled: () => Promise<unknown>
}

/** The field with the mark of a record. */
const FIELD = 'freshlayer-record'

/** A page is told of so many at once. */
const MOST_RECEIPTS = 200

function marked(request: Request): ReturnType<RecordPart['marked']> {
  const mark = request.headers.get(FIELD)
  if (mark === null) return undefined
  const headers = new Headers(request.headers)
  headers.delete(FIELD)
  return { mark, request: new Request(request, { headers }) }
}

/**
 * Each record has one write at most. A version that was never sent, or that the origin has refused, gives way to the next one; any
 * other has to end first.
 */
function held(draft: Draft, { partition, record = '', method }: Asked): Held | undefined {
  // Before its store has heard of that, it would be created once more, or named by an id that it does not have any more.
  for (const { partition: whose, record: mark, place } of draft.receipts())
    if (whose === partition && recordOf(mark) === recordOf(record))
      return { kind: mark === record ? 'known' : 'taken', place }
  for (const write of draft.writes()) {
    if (write.partition !== partition || write.record === undefined) continue
    if (recordOf(write.record) !== recordOf(record)) continue
    const { place } = write
    if (write.record === record) return { kind: 'known', place }
    if (!mayGiveWay(write)) return { kind: 'taken', place }
    draft.remove(place)
    if (write.mints === undefined || method !== 'DELETE') return undefined
    // The origin never needs to know of it.
    draft.putReceipt(receiptFrom({ ...write, record }, { end: 'withdrawn' }, undefined))
    return { kind: 'known', place, gone: write }
  }
  return undefined
}

/** Whether the origin cannot have it. */
const mayGiveWay = ({ state, firstSentAtMs, wasUnsure }: WriteRecord): boolean =>
  state.kind !== 'leased' && (firstSentAtMs === undefined || (state.kind === 'dead' && !wasUnsure))

function receiptFrom(write: WriteRecord, { end, row, id }: Ending, sent: string | undefined): Receipt {
  const { place, partition, method, record = '' } = write
  return newReceipt({
    place,
    partition,
    method,
    record,
    end,
    atMs: now(),
    ...(sent !== undefined && { sent }),
    ...(row !== undefined && { row: JSON.stringify(row) }),
    ...(id !== undefined && { id }),
  })
}

/** A page compares what was sent with what it has by now, so that is as the origin has seen it: with the server's ids but for its own. */
const receiptOf: ReceiptOf = (write, ending, idFor) => {
  const { record, fields, mints } = write
  if (record === undefined) return undefined
  const given = givenOf(write)
  const text = given && new TextDecoder().decode(given)
  const type = new Map(fields).get('content-type')
  return receiptFrom(
    write,
    ending,
    text && bodyWithIds(text, type, (each) => (each === mints ? undefined : idFor(each))),
  )
}

const answerers: RecordPart['answerers'] = ({ store, partitionsOf, settled }) => ({
  records: async (_, { forget = [], of, after = 0 }, clientId): Promise<HandedOver> => {
    const partitions = await partitionsOf(clientId)
    await settled()
    await store.loaded
    const isTheirs = ({ partition }: { readonly partition: string }): boolean => partitions.includes(partition)
    const receipts = (): Receipt[] => [...store.receipts.values()].filter(isTheirs)
    const known = receipts()
    const { database } = store.kept
    // The browser may have deleted the one that the page was told of: then it is another record that has the place.
    const heeded = of === database ? forget : []
    const places = heeded.filter((place) => known.some((receipt) => receipt.place === place))
    if (places.length > 0)
      await store.change((draft) => {
        for (const place of places) draft.removeReceipt(place)
      })
    // As they are now, like the writes: what ended meanwhile is one or the other, or its page would take it for never sent.
    const left = receipts().filter(({ place }) => place > after)
    return {
      writes: [...store.writes.values()].filter(isTheirs).flatMap(handedOver),
      receipts: left.slice(0, MOST_RECEIPTS).map(shownReceipt),
      isMore: left.length > MOST_RECEIPTS,
      database,
      users: partitions.filter((partition) => !isOfNobody(partition)),
    }
  },
})

function handedOver({ record, place, state }: WriteRecord): HandedWrite[] {
  if (record === undefined) return []
  const why = 'why' in state ? state.why : undefined
  const isStuck = state.kind === 'asking' || state.kind === 'dead'
  return [{ place, record, isStuck, ...(why !== undefined && { why }) }]
}

const shownReceipt = ({ place, record, end, sent, row, id, atMs }: Receipt): RecordReceipt => ({
  place,
  record,
  end,
  atMs,
  ...(sent !== undefined && { sent }),
  ...(row !== undefined && { row }),
  ...(id !== undefined && { id }),
})

/** Takes records of local stores, for rules that say so. */
export const records: RecordPart = { marked, held, receiptOf, answerers }
