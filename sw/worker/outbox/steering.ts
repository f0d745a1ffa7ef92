import { concernedBy } from '../../core/outbox/concerned.ts'
import { followUps } from '../../core/outbox/base.ts'
import { type JsonObject, objectIn } from '../../core/outbox/json.ts'
import { epochMs } from '../../core/units.ts'
import { now } from '../../fetch/clock.ts'
import type { OutboxCounts, OutboxNews, QueuedWrite, Steered } from '../../protocol.ts'
import type { Answerers } from '../messages/answering.ts'
import type { Drain } from './drain.ts'
import type { Draft, OutboxStore } from './outbox-store.ts'
import { withBody, type WriteRecord } from './write-record.ts'

interface Ports {
  readonly store: OutboxStore
  readonly drain: Drain
  /** The writes of a client's users, in order. */
  readonly writesOf: (clientId: string) => Promise<readonly WriteRecord[]>
  readonly tell: (news: OutboxNews) => void
}

/** What tabs see of queued writes, and do with them. Each tab has to do with those of its own users alone (I3). */
export const steering = ({ store, drain, writesOf, tell }: Ports): Answerers<unknown> => ({
  drain: async (_, __, clientId) => {
    await drain.run(true)
    return { ...countsOf(await writesOf(clientId), drain.nextMs), kept: store.kept }
  },
  outbox: async (_, __, clientId) => (await writesOf(clientId)).map(shownWrite),
  'steer-outbox': async (_, { place, how, body }, clientId): Promise<Steered> => {
    const own = (await writesOf(clientId)).find((write) => write.place === place)
    if (own === undefined) return { isDone: false }
    if (how === 'read') return { isDone: true, body: await store.bodyOf(own), theirs: own.theirs?.row }
    const steered = await store.change((draft): OutboxNews | undefined => {
      const write = draft.get(place)
      // What is under way may be with the origin already.
      if (write === undefined || write.state.kind === 'leased') return undefined
      if (how === 'discard') {
        draft.remove(place)
        // What it would have made is nowhere.
        draft.noteEnd(write, { end: 'discarded', row: write.mints === undefined ? theirsOf(write) : null })
        return { ...newsOf(write), end: 'discarded' }
      }
      const { state } = write
      // The user has heard of no unknown outcome: it is sent sooner, and no other way. Another body might be there beside the first one.
      if (write.wasUnsure && (state.kind === 'waiting' || state.kind === 'unsure')) {
        if (how === 'edit' && write.method === 'POST') return undefined
        if (how === 'retry') {
          const sooner = { ...write, state: { ...state, atMs: now(), isOnSign: false } }
          draft.put(sooner)
          return newsOf(sooner)
        }
      }
      const given = how === 'edit' && { ...withBody(write, body), wasUnsure: false }
      const again = {
        ...write,
        ...given,
        ...decided(draft, write, how === 'edit'),
        acceptedAtMs: now(),
        attempts: 0,
        unanswered: 0,
      }
      draft.put(again, how === 'edit' && again.body === undefined ? body : undefined)
      return newsOf(again)
    })
    if (steered === undefined) return { isDone: false }
    tell(steered)
    void drain.run(true)
    return { isDone: true }
  },
})

/**
 * A write that is sent again by the user's word. One that was refused keeps its key once: Chromium sends a request again by itself when a
 * connection is cut, so an attempt that the layer does not know of may have been performed. Another body is another write, and so is
 * what is sent on top of another row: after a conflict, of the one that the user was shown, and so are the later writes; where that is
 * not known, what the row has become does not count any more.
 *
 * @see docs/discoveries/a-post-is-sent-twice-by-the-browser.md
 */
function decided(
  draft: Draft,
  write: WriteRecord,
  isOther: boolean,
): Pick<WriteRecord, 'state' | 'key' | 'refusedKey' | 'alike' | 'base' | 'theirs'> {
  const { state } = write
  const isConflict = state.kind === 'asking' && state.why === 'conflict'
  // A refusal says nothing of an earlier attempt whose outcome is not known: only the same key keeps that from being done twice.
  const isRefused = !write.wasUnsure && (isConflict || (state.kind === 'dead' && state.why !== 'too-old'))
  const isRebased = isRefused && write.base.kind !== 'none' && isConflict
  const base = isConflict ? (write.theirs?.base ?? NONE) : write.base
  const lane = { before: write.lane, after: write.lane }
  if (isConflict)
    for (const later of followUps(draft.writes(), { ...write, answered: base, lane })) draft.put({ ...later, base })
  return {
    state: { kind: 'waiting', atMs: now(), isOnSign: false },
    key: isRebased || isOther ? crypto.randomUUID() : write.key,
    refusedKey: isRefused ? write.key : undefined,
    // It may have waited for long, or is another row by now.
    alike: !isOther && (isRefused || write.wasUnsure) ? write.alike : undefined,
    base,
    theirs: undefined,
  }
}

const NONE: WriteRecord['base'] = { kind: 'none' }

/** The origin's row, where the write has met another one. */
function theirsOf({ theirs }: WriteRecord): JsonObject | null | undefined {
  const row = theirs?.row
  return row === null ? null : objectIn(row)
}

/** How many they are, and when the next of them is tried. */
export function countsOf(writes: readonly WriteRecord[], nextAtMs: number | undefined): OutboxCounts {
  const needsYou = writes.filter(({ state }) => state.kind === 'asking' || state.kind === 'dead').length
  return { waiting: writes.length - needsYou, needsYou, nextAtMs: nextAtMs && epochMs(nextAtMs) }
}

/** @param isNews whether reads are another by it now. Default: they are. */
export const newsOf = (write: WriteRecord, isNews = true): OutboxNews => ({
  say: 'outbox',
  partition: write.partition,
  urls: isNews ? Object.values(concernedBy(write.url, write.target, write.id ?? '') ?? {}) : [],
  write: shownWrite(write),
})

/** A queued write as its page sees it. */
function shownWrite(write: WriteRecord): QueuedWrite {
  const { place, rule, method, url, state, id, acceptedAtMs, attempts, size, entity } = write
  const named = { ...(id !== undefined && { id }), ...(entity !== undefined && { entity }) }
  const shown = { place, rule, method, url, acceptedAtMs, attempts, size, ...named }
  switch (state.kind) {
    case 'waiting':
    case 'unsure':
      return { ...shown, state: 'waiting' }
    case 'leased':
      return { ...shown, state: 'sending' }
    case 'asking':
      return { ...shown, state: 'needs-you', why: state.why, ...(state.doubt !== undefined && { doubt: state.doubt }) }
    case 'dead':
      return { ...shown, state: 'dead', why: state.why }
  }
}
