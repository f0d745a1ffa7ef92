import { fillPlaces, type WriteMatch } from '../../config/language/index.ts'
import type { ResponseHead } from '../../sw/core/head.ts'
import { settleWrite } from '../../sw/core/write.ts'
import { tagsOfAnswer } from '../../sw/fetch/answer-tags.ts'
import { forwardedAnswer } from '../../sw/fetch/answer.ts'
import { fieldsOf } from '../../sw/fetch/describe.ts'
import { named, targetsOf } from '../../sw/fetch/targets.ts'
import type { Memory } from './memory.ts'
import { report } from './report.ts'

interface Ports {
  readonly memory: Memory
  readonly home: string | undefined
  /** A user signs in or out. */
  readonly endSession: () => void
  /** The answer may say something of its user, or of everything that is stored. */
  readonly heed: (head: Pick<ResponseHead, 'status' | 'fields'>) => void
}

let writes = 0

/** The answer to a write, and no later read is older than it (I1). Rejects as the network did: that counts as written. */
export async function answerWrite(
  { memory, home, endSession, heed }: Ports,
  { url }: Request,
  match: WriteMatch,
  send: () => Promise<Response>,
): Promise<Response> {
  const { rule, params, tags } = match
  const { urls, patterns } = fillPlaces(rule.invalidates, params)
  const targetsIn = (
    ...reached: [readonly string[], readonly string[], readonly string[]]
  ): ReturnType<typeof targetsOf> => targetsOf((each) => each, ...reached, home ?? new URL(url).origin)
  const targets = targetsIn(patterns, tags, [url.replace(/[?#].*$/s, ''), ...urls])
  const id = String(++writes)
  memory.invalidations.begin(id, targets)
  if (rule.session !== undefined) endSession()
  let response: Response | undefined
  try {
    response = await send()
  } finally {
    const outcome = settleWrite(
      response === undefined ? 'failure' : response.type === 'opaqueredirect' ? 'redirected' : response.status,
    )
    if (outcome !== 'nothing') memory.invalidate(targets)
    if (outcome === 'named' && response !== undefined) {
      const made = match.rule.ofAnswer === undefined ? [] : await tagsOfAnswer(match, response, report)
      memory.invalidate(targetsIn([], made, named(response, url)))
    }
    memory.invalidations.end(id)
    // What was asked for meanwhile may be of either user.
    if (rule.session !== undefined) endSession()
  }
  heed({ status: response.status, fields: fieldsOf(response.headers) })
  return forwardedAnswer(response, { fwd: 'method', 'fwd-status': response.status })
}
