/**
 * Whether a change that names `urls` concerns `url`; all are absolute. A named URL that ends in `*` stands for all that
 * begin so, one without a query for that URL with any.
 */
export function isCovered(url: string, urls: readonly string[]): boolean {
  return urls.some((named) => {
    if (named.endsWith('*')) return url.startsWith(named.slice(0, -1))
    return named.includes('?') ? url === named : url.split('?', 1)[0] === named
  })
}
