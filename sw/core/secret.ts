/** `authorization` is excluded: `identity` reads it, and a variant records only whether it is present. */
const SECRET =
  /^(?!accept|authorization$).*(?:auth|token|jwt|secret|session|credential|cookie|[cx]srf|signature|pass[cpw]|key\b)/

/**
 * Whether a request field probably holds a secret, by its lower-cased name. Matches too many names rather than too few:
 * a digest selects a stored answer as well as the value does.
 */
export const isSecret = (name: string): boolean => SECRET.test(name)

const CREDENTIAL =
  /^(?:authorization|authentication-info)$|^(?:x-)?(?:(?:access|auth|refresh|id|[cx]srf)-?)token$|\bjwt\b/

/**
 * Whether a response field gives the user a credential, by its lower-cased name. Matches too few names rather than too
 * many: such a response is never stored, and many tokens are no credentials, for example that of a list's next page.
 */
export const isCredential = (name: string): boolean => CREDENTIAL.test(name)
