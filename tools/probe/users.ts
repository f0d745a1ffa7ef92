import { directivesOf } from '../../sw/core/cache-control.ts'
import { listed } from '../../sw/core/head.ts'
import { type Answers, type Asker, hasCredentials, isPersonal, isSteady } from './answers.ts'
import { type Finding, hint, problem, warning } from './finding.ts'

/** Whether answers differ by user, and what the rules make of it. */
export function people(answers: Answers, asker: Asker): Finding[] {
  const { plain, anonymous, other } = answers
  const { rule } = asker
  if (!isSteady(answers)) return []
  const findings: Finding[] = []
  const isOthers = other !== undefined && other.status < 300 && other.digest !== plain.digest
  const isOpen = anonymous !== undefined && anonymous.status < 300
  const isSigned = isOpen && anonymous.digest !== plain.digest
  const isClosed = anonymous !== undefined && [401, 403].includes(anonymous.status)
  if (rule !== undefined && !isPersonal(asker)) {
    const by = asker.identity === 'none' ? "identity is 'none'" : 'the rule is `public`'
    const cure = asker.identity === 'none' ? 'tell users apart by `identity`' : 'take `public` off the rule'
    if (isOthers || isSigned)
      findings.push(
        problem(
          'leak',
          `answers ${isOthers ? 'two users' : 'with and without credentials'} differently, but ${by}: one user would be shown the answer to another. ${cure.replace(/^t/, 'T')}.`,
        ),
      )
    else if (isClosed)
      findings.push(
        warning(
          'identity',
          `answers ${anonymous.status} without credentials, so its answers are personal, but ${by}: ${cure}.`,
        ),
      )
  }
  if (rule !== undefined && isPersonal(asker) && isOpen && !isSigned && (other === undefined || !isOthers))
    findings.push(
      hint(
        'public',
        'is the same without credentials. `public: true` lets all users share one stored answer, where it always is.',
      ),
    )
  findings.push(...nobodys(asker))
  const varies = listed(plain.fields.get('vary')?.toLowerCase())
  const { private: isPrivate, noStore } = directivesOf({ fields: plain.fields, targeted: undefined })
  const name = 'cookie' in asker.headers && !('authorization' in asker.headers) ? 'Cookie' : 'Authorization'
  if ((isOthers || isSigned) && !varies.includes(name.toLowerCase()) && !varies.includes('*') && !isPrivate && !noStore)
    findings.push(
      hint(
        'vary-user',
        `differs by user without saying \`Vary: ${name}\` or \`private\`. The worker tells users apart by \`identity\`, but a shared cache in front may not: let the backend say it.`,
      ),
    )
  return findings
}

/** What was asked for without credentials names no user, unless the page does. */
function nobodys(asker: Asker): Finding[] {
  const { identity, rule } = asker
  if (identity === 'none' || rule === undefined || rule.public || hasCredentials(asker)) return []
  // Alone, this way counts a request without a token as nobody's.
  if (identity.by.every((way) => way === 'authorization')) return []
  return [
    hint(
      'no-identity',
      "is answered without credentials. Where the app asks so, the user is not known and nothing is stored: make it `public: true` where all users get the same, name the user (`connect({ identify })`, a token, `identity.echo`), or tell users apart by 'authorization' alone, which keeps such answers as nobody's.",
    ),
  ]
}
