import { answerProblem, SyncProblem } from '../sync/answers.ts'
import { inSnapshot, type SessionPool } from '../sync/database.ts'
import { evaluatePreconditions, notModifiedFields, strongEntityTag } from '../validators.ts'
import { type EntityVersion, entityVersion, type VersionedEntity, versionedRows } from './versioned.ts'

export interface VersionsOptions<Principal> {
  /** A pool of `pg`. */
  readonly pool: SessionPool
  /** What clients may ask the versions of, by the names that they use. */
  readonly entities: Readonly<Record<string, VersionedEntity<Principal>>>
  /** Who asks. Undefined: no user is signed in, and the answer is 401. */
  readonly principalOf: (request: Request) => Principal | undefined | Promise<Principal | undefined>
}

/** The answer belongs to its caller. A cache on the way neither stores it nor answers another caller with it. */
const PERSONAL = { 'cache-control': 'private, no-cache', 'cdn-cache-control': 'no-store' }

/**
 * The handler of `GET /versions?entities=a,b`: the version of each entity for the caller, as `{ "a": "25-1x2y", "b": [{ "id",
 * "updatedAt" }] }`. It is what `versions` of a rule asks before it fetches the data. It needs no change log.
 */
export function versions<Principal>({
  pool,
  entities,
  principalOf,
}: VersionsOptions<Principal>): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      const principal = await principalOf(request)
      if (principal === undefined) throw new SyncProblem(401, 'Sign in first.')
      const { method } = request
      if (method !== 'GET' && method !== 'HEAD')
        throw new SyncProblem(405, 'GET is the method of /versions.', {}, { allow: 'GET, HEAD' })
      const names = new Set((new URL(request.url).searchParams.get('entities') ?? '').split(',').filter(Boolean))
      if (names.size === 0) throw new SyncProblem(400, 'Say which entities: ?entities=a,b')
      const asked = [...names].map((name) => [name, versionedRows(entities, name)] as const)
      const found = await inSnapshot(pool, async (session) => {
        const answer: [string, EntityVersion][] = []
        for (const [name, rows] of asked) answer.push([name, await entityVersion(session, rows, principal)])
        return Object.fromEntries(answer)
      })
      const body = JSON.stringify(found)
      const etag = strongEntityTag(body)
      const fields = { 'content-type': 'application/json', etag, ...PERSONAL }
      const field = (name: string): string | undefined => request.headers.get(name) ?? undefined
      const outcome = evaluatePreconditions(method, field, { etag })
      if (outcome === 'precondition-failed') throw new SyncProblem(412, 'The versions have changed.')
      if (outcome === 'not-modified') return new Response(null, { status: 304, headers: notModifiedFields(fields) })
      return new Response(method === 'HEAD' ? null : body, { headers: fields })
    } catch (error) {
      if (error instanceof SyncProblem) return answerProblem(error)
      throw error
    }
  }
}
