import type { RuleCounts, Told } from '../../app/strip/status.ts'

/** What the pages have read by one rule while rules are tried, and what of it has gone to the origin. */
export interface Asked {
  readonly rule: string
  readonly reads: number
  readonly requestsSaved: number
  readonly validations: number
  readonly notModified: number
  /** Answered from store because the origin was away. */
  readonly standIns: number
  readonly bytesSaved: number
}

/** Counts by rule since the try began. The worker's own counts go on from one try to the next. */
export class AskedByRule {
  #before: Told['rules'] = []
  #latest: Told['rules'] = []
  #isBegun = false

  /** @param text what a strip has told, as JSON. Anything else changes nothing. */
  hear(text: string): void {
    const told = parseTold(text)
    if (told === undefined) return
    if (!told.isBefore) this.#latest = told.rules
    else if (!this.#isBegun) this.#before = told.rules
    this.#isBegun = true
  }

  /** By rule, in the worker's order; rules that were not asked by are left out. */
  get rules(): Asked[] {
    const before = new Map(this.#before.map((counts) => [counts[0], counts]))
    return this.#latest
      .map(([rule, ...counts]) => {
        // Data that is cleared is counted from zero again.
        const [, ...earlier] = before.get(rule) ?? NONE
        const isReset = counts[0] < earlier[0]
        const [reads, requestsSaved, validations, notModified, standIns, bytesSaved] = counts.map(
          (count, index) => count - (isReset ? 0 : (earlier[index] ?? 0)),
        ) as [number, number, number, number, number, number]
        return { rule, reads, requestsSaved, validations, notModified, standIns, bytesSaved }
      })
      .filter(({ reads }) => reads > 0)
  }

  get saved(): number {
    return this.rules.reduce((sum, { requestsSaved, standIns }) => sum + requestsSaved + standIns, 0)
  }
}

const NONE: RuleCounts = ['', 0, 0, 0, 0, 0, 0]

function parseTold(text: string): Told | undefined {
  try {
    const told: unknown = JSON.parse(text)
    if (typeof told !== 'object' || told === null || !('isBefore' in told) || !('rules' in told)) return undefined
    const { isBefore, rules } = told
    if (typeof isBefore !== 'boolean' || !Array.isArray(rules)) return undefined
    return { isBefore, rules: rules.filter(isCounts) }
  } catch {
    return undefined
  }
}

const isCounts = (value: unknown): value is RuleCounts =>
  Array.isArray(value) &&
  value.length === NONE.length &&
  typeof value[0] === 'string' &&
  value.slice(1).every((count) => Number.isSafeInteger(count) && count >= 0)
