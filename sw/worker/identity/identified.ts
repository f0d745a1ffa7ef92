import type { IdentityOf } from './identity.ts'
import { applyIdentitySignals } from './identity-signals.ts'
import { endPartitions, endUsers, follow, followOrWarn, removePartitions, UserSessions } from './sessions.ts'
import { usersBy } from './users.ts'

/** Identities for a config that tells users apart. */
export const identified: IdentityOf = (config, ports) => {
  const { writer, generations, channel, secrets } = ports
  const identity = usersBy(config, writer, secrets, {
    end: (partitions) => endPartitions(ports, partitions),
    resume: (session) => follow(session, all, undefined, true),
    tell: () => channel.tellWorkers(),
    remove: (partitions) => removePartitions(ports, partitions),
    advance: (isMeant) => generations.advanceAll(isMeant),
    followed: () => endUsers(generations),
  })
  const all = { ...ports, identity }
  return {
    identity,
    sessions: new UserSessions(all),
    signOut: (clientId) => followOrWarn('sign-out', all, clientId),
    applySignals: (asker, head, mayConfirm) => applyIdentitySignals(identity, asker, head, mayConfirm),
  }
}
