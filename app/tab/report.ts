/** Runs code of the app: what it throws is reported as an uncaught error of the app, and breaks nothing here. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    reportError(error)
    return undefined
  }
}

let said = ''

/** Says it on the console, unless it is what was said last: a worker of another version refuses each question. */
export function warn(error: unknown): void {
  if (said === (said = String(error))) return
  console.warn('[freshlayer]', error)
}
