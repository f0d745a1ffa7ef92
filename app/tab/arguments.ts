/**
 * Refuses a wrong argument at once. The worker could not read it, so the page would wait for an answer in vain.
 *
 * @throws TypeError, which says what the method takes.
 */
export function expectArgument(isRight: boolean, method: string, takes: string): void {
  if (!isRight) throw new TypeError(`freshlayer: ${method}() takes ${takes}`)
}

/** Refuses what does not say what to invalidate or to remove. A text or a list has other keys, and nothing has none. */
export function expectReach(method: string, reach: unknown): void {
  const entries = Object.entries(reach ?? [])
  const isRight = ([name, value = []]: [string, unknown]): boolean =>
    name === 'all'
      ? typeof value === 'boolean'
      : /^(tags|urls|patterns)$/.test(name) && Array.isArray(value) && value.every((each) => typeof each === 'string')
  expectArgument(
    entries.length > 0 && entries.every(isRight),
    method,
    "{ tags: ['products'] }, { urls: [] }, { patterns: [] } or { all: true }",
  )
}
