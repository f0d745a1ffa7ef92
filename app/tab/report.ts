/** Runs code of the app: what it throws is reported as an uncaught error of the app, and breaks nothing here. */
export function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    reportError(error)
    return undefined
  }
}

export const warn = (error: unknown): void => console.warn('[freshlayer]', error)
