/** `authorization` itself is nobody's part of a key: `identity` reads it, and variants only say whether it is there. */
const SECRET =
  /^(?!accept|authorization$).*(?:auth|token|jwt|secret|session|credential|cookie|[cx]srf|signature|pass[cpw]|key\b)/

/**
 * Whether the value of a request field is likely to be one that nobody but its user may know, told by its lower-cased
 * name: too many rather than too few, since a digest chooses a stored answer as well as the value does.
 */
export const isSecret = (name: string): boolean => SECRET.test(name)

const CREDENTIAL =
  /^(?:authorization|authentication-info)$|^(?:x-)?(?:(?:access|auth|refresh|id|[cx]srf)-?)token$|\bjwt\b/

/**
 * Whether a response field hands out what its user is known by, told by its lower-cased name. Rather too few: such a
 * response is not stored at all, and tokens of other kinds, of the next page of a list for instance, are many.
 */
export const isCredential = (name: string): boolean => CREDENTIAL.test(name)
