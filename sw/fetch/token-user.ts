/** Claims in which issuers name the user's tenant. */
const TENANT_CLAIMS = ['tid', 'tenant', 'tenant_id', 'org_id', 'organization']

/** A valid user name: a non-empty string or a safe integer. Two larger numbers could be read as the same one. */
export const nameOf = (given: unknown): string | undefined =>
  Number.isSafeInteger(given) ? String(given) : typeof given === 'string' && given !== '' ? given : undefined

/**
 * Issuer and subject of a JWT, unverified: they only select a partition, and a forger would own the token anyway.
 *
 * @param noteTenant hears of a claim that names a tenant.
 */
export function jwtSubject(
  token: string,
  noteTenant: (claim: string) => void,
): [issuer: string, subject: string] | undefined {
  const payload = token.split('.')[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const { iss, sub, ...others } = claims as Readonly<Record<string, unknown>>
    const tenant = TENANT_CLAIMS.find((claim) => nameOf(others[claim]) !== undefined)
    // Only the claim's name is reported, because its value comes from the token.
    if (tenant !== undefined) noteTenant(tenant)
    const subject = nameOf(sub)
    return subject === undefined ? undefined : [typeof iss === 'string' ? iss : '', subject]
  } catch {
    return undefined
  }
}
