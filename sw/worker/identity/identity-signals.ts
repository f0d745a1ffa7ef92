import type { ResponseHead } from '../../core/head.ts'
import { settleWithin } from '../settle-within.ts'
import type { Identity } from './identity.ts'
import { endPartitions } from './sessions.ts'

type Ports = Parameters<typeof endPartitions>[0] & {
  readonly identity: Pick<Identity, 'isOf' | 'doubt' | 'confirms'>
}

/** For whom an answer was asked. */
interface Asker {
  readonly partition: string
  /** Undefined when no page asked: the worker did, by itself. */
  readonly clientId: string | undefined
}

/**
 * Does what an answer says of its user: another's ends the one who was thought to ask, a refusal brings them into doubt,
 * success takes them out of it. Gives whether the answer is theirs.
 *
 * @param mayConfirm it is a success, and was asked for after the doubt came up.
 */
export async function applyIdentitySignals(
  { identity, ...ports }: Ports,
  { partition, clientId }: Asker,
  { status, fields }: Pick<ResponseHead, 'status' | 'fields'>,
  mayConfirm: boolean,
): Promise<boolean> {
  // Of one that it refuses the origin does not know who it is.
  const isRefused = status === 401
  const isTheirs = isRefused || identity.isOf(partition, clientId ?? '', fields)
  if (!isTheirs) await settleWithin(endPartitions(ports, [partition]))
  else if (isRefused && clientId !== undefined) await settleWithin(identity.doubt(partition, 'refused'))
  else if (mayConfirm && identity.confirms(partition, fields)) await settleWithin(identity.doubt(partition, 'none'))
  return isTheirs
}
