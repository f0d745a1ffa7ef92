import * as v from 'valibot'
import { BUCKETS, bucketOf, bucketSums } from '../../sw/core/digest.ts'
import { gone, SyncProblem } from './answers.ts'
import { bytesOf } from './body.ts'
import { formatCursor } from './cursor.ts'
import { inSnapshot } from './database.ts'
import type { ApiRow } from './entity.ts'
import { logState } from './log.ts'
import { askedOf, rowsOf, type SyncOptions } from './asked.ts'

/** How many rows a client may ask for by their ids at once. */
const MOST_IDS = 1000

/** What a client holds of an entity, as the sums of its buckets: 4096 numbers of 32 bits, little-endian, in base64. */
const COMPARED = v.object({ entity: v.string(), sums: v.pipe(v.string(), v.base64()) })
/** PostgreSQL has no text with this character. */
const ID = v.pipe(v.string(), v.excludes('\u0000'))
const WANTED = v.object({ entity: v.string(), ids: v.pipe(v.array(ID), v.maxLength(MOST_IDS)) })

/** The longest body: a thousand ids of a kilobyte. Unit: bytes. */
const MOST_BYTES = 1024 * 1024

/** The answer of `POST /sync/compare`. */
export interface Comparison {
  /** The cursor to go on with when the buckets have been made good. */
  readonly timestamp: string
  readonly total: number
  /** Each bucket that differs: the ids and versions of its rows. What the client holds beside them is gone. */
  readonly buckets: readonly { readonly bucket: number; readonly rows: readonly (readonly [string, string])[] }[]
}

/**
 * In which buckets what a client holds differs from what it may see. Needs no log, so it serves a cursor that is too old, a
 * restored backup, rights that have changed, and drift.
 *
 * @throws SyncProblem 400, for a body of another shape.
 */
export async function compare<Principal>(
  options: SyncOptions<Principal>,
  principal: Principal,
  request: Request,
): Promise<Comparison> {
  const { entity, sums } = parsed(COMPARED, await bodyOf(request))
  const held = numbersOf(sums)
  const asked = askedOf(options, principal, [entity])
  return inSnapshot(options.pool, async (session) => {
    const state = await logState(session)
    if (state.isForeign) throw gone('generation', options.spread ?? 30)
    const versions = await rowsOf(asked, entity, session).versions()
    const here = bucketSums(versions)
    const differing = new Map<number, [string, string][]>()
    for (let bucket = 0; bucket < BUCKETS; bucket++) if (here[bucket] !== held[bucket]) differing.set(bucket, [])
    for (const { id, version } of versions) differing.get(bucketOf(id))?.push([id, version])
    return {
      timestamp: formatCursor({
        generation: state.generation,
        scope: asked.digest,
        position: { xid: state.horizon, id: 0n },
      }),
      total: versions.length,
      buckets: [...differing].map(([bucket, rows]) => ({ bucket, rows })),
    }
  })
}

/**
 * Rows by their ids, as far as the caller may see them.
 *
 * @throws SyncProblem 400, for a body of another shape or more than 1000 ids.
 */
export async function readRows<Principal>(
  options: SyncOptions<Principal>,
  principal: Principal,
  request: Request,
): Promise<{ readonly rows: readonly ApiRow[] }> {
  const { entity, ids } = parsed(WANTED, await bodyOf(request))
  const asked = askedOf(options, principal, [entity])
  return inSnapshot(options.pool, async (session) => {
    const rows = await rowsOf(asked, entity, session).byId(ids)
    return { rows: [...rows.values()] }
  })
}

async function bodyOf(request: Request): Promise<unknown> {
  if (request.method !== 'POST') throw new SyncProblem(405, 'POST is the method here.', {}, { allow: 'POST' })
  const text = new TextDecoder().decode(await bytesOf(request.body, MOST_BYTES))
  try {
    return JSON.parse(text)
  } catch {
    throw new SyncProblem(400, 'The body is no JSON.')
  }
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, body: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body)
  if (result.success) return result.output
  const [issue] = result.issues
  throw new SyncProblem(400, `${v.getDotPath(issue) ?? 'The body'}: ${issue.message}`)
}

function numbersOf(sums: string): Uint32Array {
  const bytes = Buffer.from(sums, 'base64')
  if (bytes.length !== BUCKETS * 4) throw new SyncProblem(400, `sums: expected ${BUCKETS} numbers of 32 bits`)
  return Uint32Array.from({ length: BUCKETS }, (_, bucket) => bytes.readUInt32LE(bucket * 4))
}
