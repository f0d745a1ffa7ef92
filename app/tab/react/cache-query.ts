import { expectArgument } from '../arguments.ts'
import { isPage, observedUrls } from '../observed-urls.ts'
import { parsed, type ReadOptions } from './parsed.ts'

/**
 * Reads a URL outside of a component: to have its data before a component shows it (when a link is pointed at, in a router's
 * loader), or to work with it. It shares its request and its data with `useCachedQuery`; what was read within the last two
 * seconds is not read again.
 *
 * @throws AnswerError where the origin answers with an error; what `fetch` throws, and what `parse` does.
 * @throws TypeError where `connect()` has not been called, and on a server.
 */
export async function cacheQuery<T = unknown>(url: string, options: ReadOptions<T> = {}): Promise<T> {
  expectArgument(typeof url === 'string', 'cacheQuery', 'a URL as text, and { parse, fetch }')
  if (!isPage()) throw new TypeError('freshlayer: cacheQuery() reads in a page, and this is a server')
  const { data, error } = await observedUrls('cacheQuery').get(url).wait(options.fetch)
  if (error !== undefined) throw error
  return parsed(data, options.parse)
}
