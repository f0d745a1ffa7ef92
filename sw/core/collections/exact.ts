/**
 * Whether a JSON text has a whole number that JavaScript cannot hold as it is: such as a `bigint` id above 2^53. What is
 * read and written anew would have another one. Apps that read such texts themselves have a parser of their own.
 */
export function hasInexactNumber(text: string): boolean {
  if (!/\d{16}/.test(text)) return false
  for (const [token] of text.matchAll(TOKENS))
    if (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) return true
  return false
}

/** Texts and numbers: what looks like a number within a text is none. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g
