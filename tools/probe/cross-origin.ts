import { listed } from '../../sw/core/head.ts'
import type { Answers, Asker } from './answers.ts'
import type { Exchange } from './exchange.ts'
import { type Finding, warning } from './finding.ts'

/** What pages of another origin can read. */
export function shared({ plain, foreign }: Answers, { pages, headers }: Asker): Finding[] {
  if (pages === undefined) return []
  const at = (answer: Exchange, name: string): string | undefined => answer.fields.get(`access-control-${name}`)
  const allowed = at(plain, 'allow-origin')
  if (allowed === undefined || (allowed !== '*' && allowed !== pages))
    return [
      warning(
        'cors',
        `does not allow pages of ${pages} to read it (Access-Control-Allow-Origin: ${allowed ?? 'absent'}): allow that origin at the backend.`,
      ),
    ]
  const findings: Finding[] = []
  const exposed = listed(at(plain, 'expose-headers')?.toLowerCase())
  const isAll = exposed.includes('*') && !('cookie' in headers)
  const wanted = ['etag', 'date', 'age', 'cache-status', 'retry-after', 'vary'].filter(
    (name) => plain.fields.has(name) && !exposed.includes(name) && !isAll,
  )
  if (wanted.includes('etag'))
    findings.push(
      warning(
        'cors-hidden',
        `hides ${wanted.join(', ')} from pages of ${pages}: an unchanged answer cannot be told by its tag. Let the backend say \`Access-Control-Expose-Headers: ETag, Date\`.`,
      ),
    )
  const differs = foreign !== undefined && at(foreign, 'allow-origin') !== allowed
  if (differs && allowed !== '*' && !listed(plain.fields.get('vary')?.toLowerCase()).includes('origin'))
    findings.push(
      warning(
        'vary-origin',
        'names the origin of the page in Access-Control-Allow-Origin without saying `Vary: Origin`: a cache may give pages of one origin the answer to those of another. Let the backend say it.',
      ),
    )
  return findings
}
