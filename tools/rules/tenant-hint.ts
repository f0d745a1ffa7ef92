import type { Config } from '../../config/language/index.ts'

/** What to say of a config that tells users apart by their token alone; undefined where there is nothing to say. */
export function tenantHint({ identity }: Config): string | undefined {
  if (identity === 'none' || !identity.by.includes('authorization') || identity.partitionOf !== undefined)
    return undefined
  return (
    'identity: users differ by issuer and subject of their token. Where one user acts for several tenants with the same ' +
    'subject, tell the tenants apart, for example partitionOf: (token) => `${claims(token).org_id}/${claims(token).sub}`'
  )
}
