import { type Config, compileRules, fillPlaces, matcherOf, type Write } from '../../../config/language/index.ts'
import { writtenTo } from '../../../config/language/queue-place.ts'
import { idsIn } from '../../core/outbox/temporary-ids.ts'
import type { QueuedWrite } from './queued-write.ts'

export const ORIGIN = 'https://a.example'

/** What a test says of a write. */
interface Given extends Partial<Omit<QueuedWrite, 'body' | 'url' | 'method'>> {
  readonly place: number
  /** `POST /api/p`. */
  readonly line: string
  /** Of JSON, unless `type` says otherwise. */
  readonly body?: unknown
}

/** Makes writes of the outbox as rules have them that queue all writes to `/api/p` and below. */
export function queuedBy(rule: Partial<Write> = {}): (given: Given) => QueuedWrite {
  const match = ['POST /api/p', 'PUT /api/p/:id', 'PATCH /api/p/:id', 'DELETE /api/p/:id', 'POST /api/p/:id/parts']
  const write: Write = { match, offline: 'queue', entity: 'p', ...rule }
  const config: Config = { version: '1', identity: 'none', routes: [], writes: [write] }
  const matched = matcherOf(compileRules(config))
  return ({ line, body, ...given }) => {
    const [method = '', path = ''] = line.split(' ')
    const { origin, pathname, href, search } = new URL(path, ORIGIN)
    const found = matched({ method, origin, sameOrigin: origin === ORIGIN, pathname, search })
    const queue = found?.kind === 'write' ? found.rule.queue : undefined
    if (found?.kind !== 'write' || queue === undefined) throw new Error(`${line} is not queued`)
    const type = given.type ?? (body === undefined ? undefined : 'application/json')
    const text = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body)
    const isTemporary = (each: string): boolean => each.startsWith('tmp-')
    const { mints } = given
    return {
      queue,
      method,
      url: href,
      params: found.params,
      to: writtenTo(queue, { method, origin, sameOrigin: origin === ORIGIN, pathname }),
      body: text === undefined ? undefined : new TextEncoder().encode(text).buffer,
      needs: [...idsIn({ url: href, body: text, type }, isTemporary), ...(mints?.startsWith('tmp-') ? [mints] : [])],
      invalidated: fillPlaces(found.rule.invalidates, found.params).urls.map((each) => new URL(each, ORIGIN).href),
      ...given,
      type,
    }
  }
}
