/** ClientUsers as names have them, capitals only at their beginning; after a hyphen also words in capitals, and numbers. */
const WORDS = String.raw`(?:[A-Z][a-z]{2}|[a-z]|[-_](?:[A-Z]+|\d+)?)*`

/** A short number, a year, a size, a date; or a word in capitals that is all there is. */
const NUMBER = String.raw`(?:\d{1,3}|(?:19|20)\d\d|\d+x\d+|\d{8}|[A-Z]{8})?`

/**
 * Whether a file's name carries a hash of its content, as bundlers write it (`app-BX12aZ9q.js`): then what is stored
 * under it is right for ever. Eight characters that may as well be words and a number (`icon-maskable.svg`,
 * `touch-icon-192.png`) are none: a hash that is missed costs a revision, one that is no hash keeps a file from ever
 * being fetched again. Missed are about one in twenty of Rollup's, and those of esbuild that are letters alone.
 */
export const HASHED_NAME = new RegExp(String.raw`-(?=[\w-]{8}\.)(?!${WORDS}${NUMBER}${WORDS}\.)[^/]*$`)
