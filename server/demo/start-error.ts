/** A start that cannot succeed. The message is one line: what failed, why, and what to do. Printed without a stack. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StartError'
  }
}

/** The `code` of a system or PostgreSQL error (`EADDRINUSE`, `23505`); undefined for any other thrown value. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

/** A thrown value in one line. A failed connection to several addresses has no message of its own, only parts. */
export function errorLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorLine).join('; ')
  const text = error instanceof Error ? error.message : String(error)
  return text.split('\n', 1)[0] ?? ''
}
