import type { Identity } from '../identity/identity.ts'
import type { Answerer } from './answering.ts'

/** A page names its user. */
export const identify: Answerer<'identify', { readonly identity: Pick<Identity, 'identify'> }> = (
  ports,
  question,
  clientId,
) => ports.identity.identify(clientId, question.user).then(() => true)
