import { answerJson, answerProblem, answerUnchanged, SyncProblem } from './answers.ts'
import type { SyncOptions } from './asked.ts'
import { changesSince } from './changes-since.ts'
import { compare, readRows } from './compare.ts'
import { writeBatch } from '../writes/batch.ts'
import { Totals } from './totals.ts'

/**
 * Handlers of `GET /sync?since=&entities=`, `POST /sync/compare`, `POST /sync/rows`, and of `POST /sync` for batches of writes, from a `Request` to a `Response`.
 * Which of them it is says the end of the path.
 */
export function sync<Principal>(options: SyncOptions<Principal>): (request: Request) => Promise<Response> {
  const totals = new Totals()
  return async (request) => {
    try {
      const principal = await options.principalOf(request)
      if (principal === undefined) throw new SyncProblem(401, 'Sign in first.')
      const path = new URL(request.url).pathname
      if (path.endsWith('/compare')) return answerJson(await compare(options, principal, request))
      if (path.endsWith('/rows')) return answerJson(await readRows(options, principal, request))
      const { pool, entities, writes } = options
      if (request.method === 'POST' && writes !== undefined)
        return await writeBatch(pool, entities, writes, principal, request)
      if (request.method !== 'GET') {
        const allow = writes === undefined ? 'GET' : 'GET, POST'
        throw new SyncProblem(405, `${allow} is the method of /sync.`, {}, { allow })
      }
      const answer = await changesSince(options, principal, request, totals)
      return answer === 'unchanged' ? answerUnchanged() : answerJson(answer)
    } catch (error) {
      if (error instanceof SyncProblem) return answerProblem(error)
      throw error
    }
  }
}
