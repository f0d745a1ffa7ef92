import type { Identities } from '../identity/identity.ts'
import type { Answerer } from './answering.ts'

/** The user of a tab signs out. */
export const signOut: Answerer<'sign-out', Pick<Identities, 'signOut'>> = (ports, _, clientId) =>
  ports.signOut(clientId).then(() => ({ signedOut: true, unsent: 0 }))
