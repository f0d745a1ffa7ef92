import type { ResponseHead } from '../../core/head.ts'
import { settleWithin } from '../settle-within.ts'
import type { Asker, Users } from './identity.ts'

/**
 * Applies what an answer shows about its user. An answer to another user ends the partition. A 401 puts the partition
 * in doubt. A success ends the doubt. Returns whether the answer belongs to the partition's user.
 *
 * @param mayConfirm the answer is a success, and its request was sent after the doubt began.
 */
export async function applyIdentitySignals(
  identity: Pick<Users, 'endIfOther' | 'refuse' | 'confirm' | 'confirms'>,
  { partition, clientId }: Asker,
  { status, fields }: Pick<ResponseHead, 'status' | 'fields'>,
  mayConfirm: boolean,
): Promise<boolean> {
  // With a 401 the origin does not know the user, so its echo does not count.
  const isRefused = status === 401
  const ending = isRefused ? undefined : identity.endIfOther(partition, clientId ?? '', fields)
  if (ending !== undefined) await settleWithin(ending)
  else if (isRefused && clientId !== undefined) await settleWithin(identity.refuse(partition))
  else if (mayConfirm && identity.confirms(partition, fields)) await settleWithin(identity.confirm(partition))
  return ending === undefined
}
