import type { Identities } from '../identity/identity.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Answerer } from './answering.ts'

interface Ports extends Pick<Identities, 'signOut'> {
  /** Undefined: nothing is queued. */
  readonly outbox: Pick<Outbox, 'unsentOf' | 'drop'> | undefined
}

/** The user of a tab signs out. Where writes are unsent nothing happens, unless the page says to drop them. */
export const signOut: Answerer<'sign-out', Ports> = async ({ outbox, ...ports }, { force }, clientId) => {
  const unsent = (await outbox?.unsentOf(clientId)) ?? 0
  if (unsent > 0 && !force) return { signedOut: false, unsent }
  await outbox?.drop(clientId)
  await ports.signOut(clientId)
  return { signedOut: true, unsent }
}
