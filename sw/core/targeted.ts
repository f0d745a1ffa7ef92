/** The targeted field of our own: it overrides `Cache-Control` and `Expires` for the worker alone (RFC 9213). */
export const TARGETED_FIELD = 'freshlayer-cache-control'

/**
 * What the dictionary of a targeted field stands for, as the text of a `Cache-Control`; undefined when it is empty, and
 * then it is as if it were absent. A value of the wrong type is not coerced: it becomes one that no directive takes.
 *
 * @param dictionary bare values by name, as a structured-fields parser gives them.
 * @see RFC 9213 §2.1, §2.2
 */
export function controlOf(dictionary: ReadonlyMap<string, unknown>): string | undefined {
  const directives = [...dictionary].flatMap(([name, value]) => {
    if (value === true) return [name]
    if (value === false) return []
    return [`${name}=${Number.isInteger(value) ? Number(value) : '"?"'}`]
  })
  return dictionary.size > 0 ? directives.join(', ') : undefined
}
