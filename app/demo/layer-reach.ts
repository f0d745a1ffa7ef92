/**
 * Whether a change that names `urls` concerns `url`; all are absolute. A named URL that ends in `*` covers every URL
 * with that prefix. A named URL without a query covers that URL with any query.
 */
export function isCovered(url: string, urls: readonly string[]): boolean {
  return urls.some((named) => {
    if (named.endsWith('*')) return url.startsWith(named.slice(0, -1))
    return named.includes('?') ? url === named : url.split('?', 1)[0] === named
  })
}
