/** What the harness puts before the worker's script. */
export interface Plan {
  /** So late is each answer of the storage while it is slow. */
  readonly lateMs: number
}

/** What a worker says to the harness. */
export interface Said {
  /** A line on the worker's console, or an error that the layer did not catch. */
  readonly kind: 'report' | 'unhandled'
  readonly text: string
  /** Another one for each start of a worker. */
  readonly life: string
}

export const SAID_PATH = '/__said'

/** In each body that was made for this user, and nowhere else. */
export const markerOf = (user: string): string => `these-bytes-belong-to-${user}`
