/**
 * Paths of pages that are never answered from store (I9): data, sign-in and its callbacks, well-known resources, and
 * whatever looks like a download. Asked of a pattern's path it holds for all that the pattern reaches: neither `:name`
 * nor a star can be taken for the literal text it looks for.
 */
export const DENIED_PATH =
  /^\/(api|auth|oauth2?|login|logout|signin|signout|callback|sso|saml|\.well-known)(\/|$)|\.(?!html?$)[a-z0-9]{1,5}$/i

/**
 * Parameters with which a sign-in comes back to the app (OAuth 1 and 2, OpenID Connect, SAML, WS-Federation, CAS), and
 * `token`, by which a link proves whose it is: no page that has one is kept or answered from store.
 */
export const DENIED_QUERY =
  /[?&](code|state|session_state|error|(id_|access_|oauth_)?token|oauth_verifier|ticket|SAMLResponse|SAMLart|RelayState|wresult)=/
