/**
 * Refuses a wrong argument at once. The worker could not read it, so the page would wait for an answer in vain.
 *
 * @throws TypeError, which says what the method takes.
 */
export function expectArgument(isRight: boolean, method: string, takes: string): void {
  if (!isRight) throw new TypeError(`freshlayer: ${method}() takes ${takes}`)
}
