/** Puts patterns with more literal text first, so that the first rule that matches is the narrowest. */
export function bySpecificity(one: { readonly match: string }, other: { readonly match: string }): number {
  const [a, b] = [rankOf(one.match), rankOf(other.match)]
  return a < b ? -1 : Number(a > b)
}

/** Sorts literal segments by their text, and before every parameter. A list comes before its entries. */
const rankOf = (match: string): string =>
  match
    .replace(/^[A-Z]+ /, '')
    .split('/')
    .map((segment) =>
      segment === '**' ? '\u{10FFFF}' : segment.includes(':') && !segment.endsWith(':') ? `\uFFFE${segment}` : segment,
    )
    .join('\u0001')
