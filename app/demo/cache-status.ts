const STAND_IN = /;\s*detail=(offline|offline-before-write|timeout)\b/

/**
 * Why an answer comes from a cache although the origin was to be asked: it is away, or too slow. Undefined: it is the
 * origin's word.
 *
 * @param field the `Cache-Status` of the answer; null: it has none. The cache that is nearest to the page comes last.
 * @see RFC 9211 §2
 */
export function standInReason(field: string | null): 'offline' | 'timeout' | undefined {
  const nearest = field?.split(',').at(-1) ?? ''
  const detail = STAND_IN.exec(nearest)?.[1]
  if (detail === undefined) return undefined
  return detail === 'timeout' ? 'timeout' : 'offline'
}
