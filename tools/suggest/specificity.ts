/** Puts patterns with more literal text first, so that the first rule that matches is the narrowest. */
export function bySpecificity(one: { readonly match: string }, other: { readonly match: string }): number {
  const [a, b] = [rankOf(one.match), rankOf(other.match)]
  return a < b ? -1 : Number(a > b)
}

/** Sorts literal segments by their text, and before every parameter; one with an ending before one without. */
const rankOf = (match: string): string =>
  match
    .replace(/^[A-Z]+ /, '')
    .split('/')
    .map((segment) => `${orderOf(segment)}${segment}`)
    .join('\u0001')

function orderOf(segment: string): string {
  if (segment === '**') return '\u{10FFFF}'
  // A colon in an origin is none of a parameter.
  if (!/:[a-z_]/i.test(segment)) return ''
  return /^:\w+$/.test(segment) ? '\uFFFE' : '\uFFFD'
}
