const reported = new Set<string>()

/**
 * Says on the console, once per worker and subject, what went wrong while the page got its answer all the same (I6).
 * The same in every build.
 */
export function report(subject: string, error: unknown): void {
  if (reported.has(subject)) return
  reported.add(subject)
  console.warn(`[freshlayer] ${subject}`, error)
}
