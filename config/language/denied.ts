/**
 * Page paths that the layer never answers from store (I9): data, sign-in and its callbacks, well-known resources, and
 * names that look like downloads. If a pattern's path matches, every path of that pattern matches: `:name` and a star
 * cannot match the literal text here.
 */
const DENIED_PATH =
  /^\/(api|auth|oauth2?|login|logout|signin|signout|callback|sso|saml|\.well-known)(\/|$)|\.(?!html?$)[a-z0-9]{1,5}$/i

/**
 * Whether no page at a path is answered from store, as the layer knows without a config. An app that lives below a path has
 * its data, sign-ins and downloads below that path or below the root.
 *
 * @param base where the app lives, with a slash at its end.
 */
export const isDenied = (pathname: string, base: string): boolean =>
  DENIED_PATH.test(pathname) || (pathname.startsWith(base) && DENIED_PATH.test(pathname.slice(base.length - 1)))

/**
 * Parameters with which a sign-in returns to the app (OAuth 1 and 2, OpenID Connect, SAML, WS-Federation, CAS), and
 * `token`, with which a link identifies its user. A page with one of them is never stored or answered from store.
 */
export const DENIED_QUERY =
  /[?&](code|state|session_state|error|(id_|access_|oauth_)?token|oauth_verifier|ticket|SAMLResponse|SAMLart|RelayState|wresult)=/
