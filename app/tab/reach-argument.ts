/** Whether it says what to invalidate or to remove. A text or a list has other keys, and nothing has none. */
export function isReach(reach: unknown): boolean {
  const entries = Object.entries(reach ?? [])
  return (
    entries.length > 0 &&
    entries.every(([name, value = []]: [string, unknown]) =>
      name === 'all'
        ? typeof value === 'boolean'
        : /^(tags|urls|patterns)$/.test(name) &&
          Array.isArray(value) &&
          value.every((each) => typeof each === 'string'),
    )
  )
}

/** What a method takes that has to be told what to reach. */
export const A_REACH = "{ tags: ['products'] }, { urls: [] }, { patterns: [] } or { all: true }"
