/** What is to be said of an address. `problem`: the rules may not be used so. `hint`: may be as it is meant. */
export interface Finding {
  readonly severity: 'problem' | 'warning' | 'hint'
  /** A short name that does not change. */
  readonly code: string
  readonly message: string
}

export const problem = (code: string, message: string): Finding => ({ severity: 'problem', code, message })
export const warning = (code: string, message: string): Finding => ({ severity: 'warning', code, message })
export const hint = (code: string, message: string): Finding => ({ severity: 'hint', code, message })

/** A length of time in a message. */
export const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`
