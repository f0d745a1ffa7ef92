import type { Pattern, Rules } from '../../config/language/index.ts'
import { exchange, type Patience } from './exchange.ts'
import type { Finding } from './finding.ts'

/**
 * Whether the sign-out empties the browser's dictionaries, where rules keep them until then: else the requests of the next
 * user name what this one was answered.
 *
 * @param isSent the sign-out may be sent; it ends the session that `headers` are of. Else the finding says how to have it sent.
 */
export async function clearedAtSignOut(
  rules: Rules,
  origin: string,
  headers: Readonly<Record<string, string>>,
  patience: Patience,
  isSent: boolean,
): Promise<Finding[]> {
  const isPersonal = rules.identity !== 'none'
  if (!isPersonal || !rules.routes.some((rule) => rule.dictionary === 'until-sign-out' && !rule.public)) return []
  const signOuts = rules.writes.filter(({ session }) => session === 'sign-out').flatMap(({ patterns }) => patterns)
  const findings: Finding[] = []
  for (const { method, path } of signOuts.filter((pattern) => isOf(pattern, origin))) {
    const asked = `${method === '' ? 'POST' : method} ${path}`
    if (!isSent || /:[a-z_]|\*/i.test(path)) {
      findings.push({
        severity: 'warning',
        code: 'sign-out-unasked',
        message: `${asked} was not sent, so it is not known whether it empties the browser's dictionaries: --sign-out sends it with the fields of --header, and ends their session.`,
      })
      continue
    }
    const answer = await exchange(new URL(path, origin), headers, patience, method === '' ? 'POST' : method)
    if ('error' in answer || answer.status >= 400) {
      findings.push({
        severity: 'warning',
        code: 'sign-out-refused',
        message: `${asked} ${'error' in answer ? `gave no answer (${answer.error})` : `answers ${answer.status}`}: are the fields of --header those of a session?`,
      })
    } else if (!/"(cache|cookies|\*)"/.test(answer.fields.get('clear-site-data') ?? '')) {
      findings.push({
        severity: 'problem',
        code: 'dictionary-kept',
        message: `${asked} leaves the browser its dictionaries of the user's answers, and the next user's requests name them: answer it with Clear-Site-Data: "cache".`,
      })
    }
  }
  return findings
}

const isOf = ({ origin }: Pattern, backend: string): boolean => origin === '' || origin === backend
