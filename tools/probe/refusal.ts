import type { Exchange } from './exchange.ts'
import { type Asker, hasCredentials, isPersonal } from './answers.ts'
import { type Finding, hint, warning } from './finding.ts'

/** What is to be said where the backend refuses the request. */
export function refused({ status }: Exchange, asker: Asker): Finding {
  const { rule } = asker
  if (status !== 401 && status !== 403) {
    const change = status === 404 ? 'name an address that the backend has by --url' : 'see the log of the backend'
    return warning('status', `answers ${status}, so nothing more can be said: ${change}.`)
  }
  if (hasCredentials(asker))
    return warning('refused', `answers ${status} to the credentials of --header: are they valid?`)
  if (rule === undefined || isPersonal(asker))
    return hint(
      'sign-in',
      `answers ${status} without credentials. --header 'Authorization: …' or 'Cookie: …' looks further.`,
    )
  const given = asker.identity === 'none' ? "identity is 'none'" : 'the rule is `public`'
  return warning(
    'identity',
    `answers ${status} without credentials, so its answers are personal, but ${given}: tell users apart by \`identity\`${asker.identity === 'none' ? '' : ', and take `public` off the rule'}.`,
  )
}

/** What is to be said where the backend sends on to another address. */
export function redirected({ status, fields }: Exchange, url: string, { rule }: Asker): Finding {
  const to = fields.get('location') ?? ''
  const target = URL.canParse(to, url) ? new URL(to, url) : undefined
  const from = new URL(url)
  const bare = (path: string): string => path.replace(/\/$/, '')
  if (target?.origin === from.origin && bare(target.pathname) === bare(from.pathname))
    return hint(
      'redirect',
      `sends on to ${to} (${status}): its answer is stored, but each request is two. Ask for that address.`,
    )
  const what = rule === undefined ? 'no worker stores such an answer' : 'the rule stores nothing'
  return warning('redirect', `sends on to ${to} (${status}), so ${what}: read that address, and write a rule for it.`)
}
