declare const unit: unique symbol

/** A duration in seconds. It may be fractional or `Infinity` (a window that never ends), but never negative. */
export type Seconds = number & { readonly [unit]: 'seconds' }

/** An instant: milliseconds since the Unix epoch, by the wall clock. */
export type EpochMs = number & { readonly [unit]: 'epoch-ms' }

/** A size in bytes. */
export type Bytes = number & { readonly [unit]: 'bytes' }

export const seconds = (value: number): Seconds => value as Seconds
export const epochMs = (value: number): EpochMs => value as EpochMs
export const bytes = (value: number): Bytes => value as Bytes

/** Seconds from `from` to `to`; 0 when `to` is not later. A clock that was set back never gives a negative age. */
export const secondsBetween = (from: EpochMs, to: EpochMs): Seconds => seconds(Math.max(0, (to - from) / 1000))
