const reported = new Set<string>()

/** Says on the console, once per page and subject, what went wrong while the app got its answer all the same (I6). */
export function report(subject: string, error: unknown): void {
  if (reported.has(subject)) return
  reported.add(subject)
  console.warn(`[freshlayer] ${subject}`, error)
}

/** Runs code of the app: what it throws is reported, and counts as undefined. */
export function attempt<T>(subject: string, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    report(`${subject} has thrown`, error)
    return undefined
  }
}
