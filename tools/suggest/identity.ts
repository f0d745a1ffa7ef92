import type { Identity } from '../../config/language/index.ts'
import type { Findings } from './findings.ts'
import { plural } from './spelled.ts'

interface ProposedIdentity {
  readonly identity: Identity
  readonly why: readonly string[]
}

const IDENTIFY =
  'The page must name its user: connect({ identify: () => user.id }), null where no user is signed in, undefined while it does not know.'

/** How users are told apart, as far as the recording shows. Where it cannot show that, both ways. */
export function proposedIdentity({ credentials, lacksCredentials, sessions }: Findings): ProposedIdentity {
  const { token, cookie, field, none, cookies, fields, users } = credentials
  const all = token + cookie + field + none
  if (lacksCredentials !== undefined && token + cookie + field === 0) {
    const sure = lacksCredentials === 'surely' ? 'has' : 'perhaps has'
    return {
      identity: { by: ['authorization', 'identify'] },
      why: [
        `The recorder ${sure} left out Cookie and Authorization, so the recording does not say whose the answers are. Record again`,
        'with them. Until then a token names the user, or the page does.',
        IDENTIFY,
      ],
    }
  }
  const by: ('authorization' | 'identify')[] = []
  const why: string[] = []
  if (token > 0) {
    by.push('authorization')
    why.push(
      `${token} of ${plural(all, 'request')} for data had an Authorization field (${plural(users, 'user')} in all).`,
    )
  }
  if (credentials.areOpaque)
    why.push(
      'Some tokens are no JWT with a subject: each new token begins with nothing stored, unless partitionOf names its user.',
    )
  if (cookie > 0) {
    by.push('identify')
    why.push(`${cookie} of ${plural(all, 'request')} had only cookies (${cookies.join(', ')}), which no worker sees.`)
  }
  if (field > 0) {
    if (!by.includes('identify')) by.push('identify')
    why.push(`${field} of ${plural(all, 'request')} named the user by ${fields.join(', ')}.`)
  }
  if (by.includes('identify')) why.push(IDENTIFY)
  if (by.length > 0) return { identity: { by }, why }
  if (sessions.some(({ kind }) => kind !== 'token'))
    return {
      identity: { by: ['authorization', 'identify'] },
      why: [
        'There is a sign-in, but no request for data had a credential. Record a tour of a user who is signed in.',
        IDENTIFY,
      ],
    }
  return {
    identity: 'none',
    why: [`None of ${plural(all, 'request')} for data had a token, a cookie of a session or a key.`],
  }
}
