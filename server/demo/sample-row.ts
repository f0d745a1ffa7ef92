/** One row by its column names; a column left out keeps its default. */
export type SampleRow = Readonly<Record<string, unknown>>

export const DAY_MS = 86_400_000

/** An instant some days, or parts of a day, before `now`, as ISO 8601. */
export const before = (now: Date, days: number): string => new Date(now.getTime() - days * DAY_MS).toISOString()
