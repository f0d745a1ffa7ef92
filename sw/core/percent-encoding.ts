/**
 * A URL with its percent-encoding in normal form: unreserved characters as they are, hex digits in upper case. Two URLs
 * with the same normal form name the same resource. `%2F` stays: an encoded slash is not a slash.
 *
 * The layer compares URLs and paths in this form. A page's request is sent as the page wrote it.
 *
 * @see RFC 3986 §6.2.2.1, §6.2.2.2, §2.3
 */
export const normaliseEncoding = (url: string): string =>
  url.replace(/%[\da-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number(`0x${encoded.slice(1)}`))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
