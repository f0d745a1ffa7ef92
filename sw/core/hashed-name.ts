/** Words of a file name: a capital only at the start. After a hyphen also words in capitals, and numbers. */
const WORDS = String.raw`(?:[A-Z][a-z]{2}|[a-z]|[-_](?:[A-Z]+|\d+)?)*`

/** A short number, a year, a size or a date; or a single word of eight capitals. */
const NUMBER = String.raw`(?:\d{1,3}|(?:19|20)\d\d|\d+x\d+|\d{8}|[A-Z]{8})?`

/**
 * Whether a file name contains a content hash, as bundlers write it (`app-BX12aZ9q.js`). The content under such a name
 * never changes. Eight characters that may be words and a number (`icon-maskable.svg`, `touch-icon-192.png`) do not
 * count as a hash: a missed hash costs only a revision, but a false hash means that the file is never fetched again.
 * The pattern misses about one in twenty of Rollup's hashes, and those of esbuild that have only letters.
 */
export const HASHED_NAME = new RegExp(String.raw`-(?=[\w-]{8}\.)(?!${WORDS}${NUMBER}${WORDS}\.)[^/]*$`)
