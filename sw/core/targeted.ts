/** The layer's own targeted field. It overrides `Cache-Control` and `Expires` for the worker only (RFC 9213). */
export const TARGETED_FIELD = 'freshlayer-cache-control'

/**
 * The dictionary of a targeted field as `Cache-Control` text; undefined when it is empty, which counts as absent. A
 * value of the wrong type is not coerced: it becomes text that is invalid for every directive.
 *
 * @param dictionary bare values by name, from the structured-fields parser.
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
