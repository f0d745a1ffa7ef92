import { signOut } from '../identity/sessions.ts'
import type { Answerer } from './answering.ts'

/** The user of a tab signs out. */
export const signOutAsked: Answerer<'sign-out', Parameters<typeof signOut>[0]> = (ports, _, clientId) =>
  signOut(ports, clientId).then(() => ({ signedOut: true, unsent: 0 }))
