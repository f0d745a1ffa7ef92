import { CacheError } from '../core/cache-error.ts'

const reported = new Set<string>()

/**
 * Says on the console, once per worker and subject, what went wrong while the page got its answer all the same (I6). A
 * database that cannot be used is one subject, whichever part meets it. The same in every build.
 */
export function report(subject: string, error: unknown): void {
  const key = error instanceof CacheError ? error.code : subject
  if (reported.has(key)) return
  reported.add(key)
  console.warn(`[freshlayer] ${subject}`, error)
}
