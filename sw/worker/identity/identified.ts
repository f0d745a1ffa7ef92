import { UNKNOWN_USER } from '../store/generations.ts'
import type { IdentityOf } from './identity.ts'
import { applyIdentitySignals } from './identity-signals.ts'
import { endPartitions, follow, signOut, UserSessions } from './sessions.ts'
import { usersBy } from './users.ts'

/** Identities for a config that tells users apart. */
export const identified: IdentityOf = (config, ports) => {
  const { writer, generations, channel, secrets } = ports
  const identity = usersBy(config, writer, secrets, {
    end: (partitions) => endPartitions(ports, partitions),
    resume: (session) => follow(session, all, undefined, true),
    tell: () => channel.tellWorkers(),
    followed: (partition) => {
      generations.advance(UNKNOWN_USER)
      generations.advance(partition)
    },
  })
  const all = { ...ports, identity }
  return {
    identity,
    sessions: new UserSessions(all),
    signOut: (clientId) => signOut(all, clientId),
    applySignals: (asker, head, mayConfirm) => applyIdentitySignals(all, asker, head, mayConfirm),
  }
}
