/**
 * A `Set-Cookie` field of an origin, as a page of the proxy needs it: without `Domain`, which names another host, and without
 * `Secure` and what asks for it, because the proxy's own address is plain http. Names with a prefix keep `Secure`: browsers
 * drop them without it, and take it from a page of this machine.
 *
 * @see RFC 6265bis §4.1
 */
export function cookieForProxy(field: string): string {
  const [pair = '', ...attributes] = field.split(';')
  const hasPrefix = /^\s*__(?:secure|host)-/i.test(pair)
  const kept = attributes.filter((attribute) => {
    const name = attribute.split('=')[0]?.trim().toLowerCase() ?? ''
    if (name === 'domain') return false
    if (hasPrefix) return true
    return name !== 'secure' && name !== 'partitioned' && !/^\s*samesite\s*=\s*none\s*$/i.test(attribute)
  })
  return [pair, ...kept].join(';')
}
