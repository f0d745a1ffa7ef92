/** What the proxy of `freshlayer try` says of itself to its strip in the pages. */
export interface Status {
  /** Whether it records what the app asks for, or tries rules that were given. */
  readonly mode: 'recording' | 'rules'
  /** How many requests have arrived. */
  readonly requests: number
  /** How many reads needed no request, or would have needed none; undefined: not known yet. */
  readonly saved?: number | undefined
  /** Whether the origin answers. */
  readonly isReached: boolean
  /** What the user should know, a line each. */
  readonly notices: readonly string[]
}

/** What the worker has counted for one rule: reads, requests saved, validations, those answered 304, stand-ins, bytes saved. */
export type RuleCounts = readonly [string, number, number, number, number, number, number]

/** What the worker has counted, as the strip tells the proxy of it. */
export interface Told {
  /** Whether this is what the worker had counted before this page: an earlier try's. */
  readonly isBefore: boolean
  readonly rules: readonly RuleCounts[]
}
