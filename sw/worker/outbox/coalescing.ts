import type { QueueRule } from '../../../config/language/index.ts'
import { coalesced, type Unsent } from '../../core/outbox/coalesce.ts'
import type { Draft } from './outbox-store.ts'
import { MOST_INLINE, type WriteRecord } from './write-record.ts'

/** What is left of a write and those after it. */
export interface Merged {
  /** What is sent. Undefined: nothing, because the origin never needs to know of it. */
  readonly write: WriteRecord | undefined
  /** The writes that are part of it now, or have gone with it. */
  readonly gone: readonly WriteRecord[]
}

/** Puts a write that is about to be sent together with those to the same row that follow it. Within the transaction that leases it. */
export function mergedIn(draft: Draft, first: WriteRecord, { idMember }: QueueRule): Merged {
  const gone: WriteRecord[] = []
  let write = first
  for (;;) {
    const next = nextOf(draft, write)
    if (next === undefined || !isMergeable(write) || !isMergeable(next)) break
    const { mints } = write
    const what = coalesced(unsentOf(write), unsentOf(next), {
      idMember,
      temporaryId: mints?.startsWith('tmp-') === true ? mints : undefined,
      isNamedElsewhere: isNamedBeside(draft, mints, next),
    })
    if (what.kind === 'both') break
    draft.remove(next.place)
    gone.push(next)
    if (what.kind === 'neither') {
      draft.remove(write.place)
      return { write: undefined, gone: [...gone, write] }
    }
    write = joined(write, next, what.is, what.body)
    draft.put(write, write.body === undefined && what.body !== undefined ? bytesOf(what.body) : undefined)
  }
  return { write, gone }
}

const bytesOf = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer

/** The next write to the row; undefined: there is none, or something else comes before it. */
function nextOf(draft: Draft, { place, partition, lane, id, mints }: WriteRecord): WriteRecord | undefined {
  for (const other of draft.writes()) {
    if (other.place <= place || other.partition !== partition || other.state.kind === 'dead') continue
    if (id !== undefined && other.id === id && (other.lane === lane || mints !== undefined)) return other
    // Creates may share a lane.
    if (other.lane === lane && (mints === undefined || other.mints === undefined)) return undefined
  }
  return undefined
}

/** The page knows of it, and the origin does not. */
const isMergeable = ({ state, isAnswered, body, size, firstSentAtMs, wasUnsure, record }: WriteRecord): boolean =>
  state.kind === 'waiting' &&
  // What was sent of a record has to be what its page has given.
  record === undefined &&
  isAnswered &&
  firstSentAtMs === undefined &&
  !wasUnsure &&
  (size === 0 || body !== undefined)

function unsentOf({ method, target, url, fields, stamps, credentials, body }: WriteRecord): Unsent {
  const others = fields.filter(([name]) => name !== 'content-type')
  return {
    method,
    target,
    url,
    type: new Map(fields).get('content-type'),
    body: body && new TextDecoder().decode(body),
    fields: JSON.stringify([others, stamps, credentials]),
    wasSent: false,
  }
}

function isNamedBeside(draft: Draft, id: string | undefined, next: WriteRecord): boolean {
  if (id === undefined) return false
  for (const { place, partition, needs } of draft.writes())
    if (place !== next.place && partition === next.partition && needs.includes(id)) return true
  return false
}

/** One of both, in the place of the first, on top of what the first was made. */
function joined(
  first: WriteRecord,
  second: WriteRecord,
  is: 'first' | 'second',
  text: string | undefined,
): WriteRecord {
  const { method, url, fields, stamps, credentials, body, size, digest, rule } = is === 'first' ? first : second
  const needs = [...new Set([...first.needs, ...second.needs])].filter((id) => id !== first.mints)
  const bytes = text === undefined ? undefined : bytesOf(text)
  const own = bytes === undefined ? { body, size } : { body: inline(bytes), size: bytes.byteLength }
  // What the user has said last counts from then on.
  const { acceptedAtMs } = second
  // Other rows may be alike to both than to the first.
  const alike = undefined
  return { ...first, method, url, fields, stamps, credentials, digest, rule, needs, acceptedAtMs, alike, ...own }
}

const inline = (bytes: ArrayBuffer): ArrayBuffer | undefined => (bytes.byteLength <= MOST_INLINE ? bytes : undefined)
