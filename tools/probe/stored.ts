import { REMEDIES } from '../../app/tab/remedies.ts'
import type { Rule } from '../../config/language/index.ts'
import { directivesOf } from '../../sw/core/cache-control.ts'
import type { RequestHead, ResponseHead } from '../../sw/core/head.ts'
import { obstructingField } from '../../sw/core/obstacle.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { TARGETED_FIELD } from '../../sw/core/targeted.ts'
import { type Answers, type Asker, mediaTypeOf } from './answers.ts'
import { type Exchange, MAX_BYTES } from './exchange.ts'
import { type Finding, hint, warning } from './finding.ts'

/** Why the rule stores nothing of the answer, by the worker's own function; and what else the rule may not want. */
export function stored({ url, plain }: Answers, { rule, headers, identity }: Asker): Finding[] {
  const request: RequestHead = {
    method: 'GET',
    url,
    fields: new Map(Object.entries(headers)),
    cache: 'default',
    ofToken: identity !== 'none' && identity.by.includes('authorization'),
  }
  const head: ResponseHead = {
    status: plain.status,
    statusText: '',
    fields: plain.fields,
    redirected: false,
    opaque: false,
  }
  const findings: Finding[] = []
  const why = notStorable(request, head, rule?.heuristic !== undefined)
  if (why !== undefined)
    findings.push(warning(why, REMEDIES[why]?.(obstructingField(why, head) ?? '', []) ?? `stores nothing: ${why}.`))
  if (plain.size > MAX_BYTES) findings.push(warning('too-large', REMEDIES['too-large']?.('', []) ?? ''))
  const cookies = plain.fields.get('set-cookie')?.split('\n') ?? []
  if (cookies.length > 0)
    findings.push(
      hint(
        'set-cookie',
        `sets a cookie (${cookies.map((cookie) => cookie.split('=')[0]).join(', ')}), which happens only when the origin is asked. Set it with an answer that no rule keeps (\`preset: 'network-only'\`).`,
      ),
    )
  const { noCache, mustRevalidate, maxAge } = directivesOf({ ...head, targeted: targetedAt(plain, rule) })
  const isLimited = noCache || mustRevalidate || maxAge === 0
  const field = `\`Cache-Control: ${targetedAt(plain, rule) ?? plain.fields.get('cache-control')}\``
  if (why === undefined && rule !== undefined) {
    if (isLimited && rule.fresh === 'http')
      findings.push(
        warning(
          'no-freshness',
          `says ${field} and the rule leaves \`fresh\` to HTTP: each use is validated. Give \`fresh\` a duration, or change the field at the backend.`,
        ),
      )
    else if (isLimited && rule.trust === 'rule' && rule.fresh !== 0)
      findings.push(
        hint(
          OVERRIDDEN,
          `says ${field}, and the rule's durations have the last word. \`trust: 'http'\` lets the field decide.`,
        ),
      )
    else if (
      rule.fresh === 'http' &&
      maxAge === undefined &&
      !plain.fields.has('expires') &&
      rule.heuristic === undefined
    )
      findings.push(
        warning(
          'no-freshness',
          'does not say how long it is fresh, and the rule leaves `fresh` to HTTP: each use is validated. Give `fresh` a duration, or send `max-age`.',
        ),
      )
  }
  return findings
}

/** What the layer's own field says in place of `Cache-Control`, where the worker reads it. */
export const targetedAt = ({ fields }: Exchange, rule: Rule | undefined): string | undefined =>
  rule?.fresh === 'http' || rule?.askedWith !== undefined ? fields.get(TARGETED_FIELD) : undefined

/** The code of what is said where a rule's duration overrides the backend. */
export const OVERRIDDEN = 'overridden'

/** Whether the answer is of the type that the rule expects. */
export function typed(plain: Exchange, { expects }: Rule): Finding[] {
  const type = mediaTypeOf(plain)
  if (plain.status === 204 || expects === undefined || expects.test(type)) return []
  return [warning('unexpected-type', REMEDIES['unexpected-type']?.(`content-type: ${type}`, []) ?? '')]
}
