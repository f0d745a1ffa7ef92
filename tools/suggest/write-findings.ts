import type { Exchange } from '../recording/exchange.ts'
import type { WriteFindings } from './findings.ts'
import { counted } from './grouped.ts'
import type { Repeats } from './repeats.ts'

/** Paths by which an app reports on itself. */
const REPORTING =
  /\/(?:analytics|telemetry|track(?:ing)?|collect|metrics|beacon|vitals|rum|logs?|csp-report|client-errors?|heartbeat|ping)(?:\/|$)/i

/** Whether a write tells how the app is used: by its path, or as it goes to an origin from which nothing is read. */
export function isTelemetry({ url }: Exchange, reads: readonly Exchange[]): boolean {
  const { origin, pathname } = new URL(url)
  return REPORTING.test(pathname) || !originsOf(reads).has(origin)
}

const origins = new WeakMap<readonly Exchange[], ReadonlySet<string>>()

function originsOf(reads: readonly Exchange[]): ReadonlySet<string> {
  const found = origins.get(reads) ?? new Set(reads.map(({ url }) => new URL(url).origin))
  origins.set(reads, found)
  return found
}

/**
 * The writes by pattern, with the routes that gave another answer at the next read. A route counts if at least half of its
 * reads across such a write changed, or if the write was the only one in between; one that also changes by itself does not.
 */
export function writeFindings(
  writes: ReadonlyMap<string, readonly Exchange[]>,
  repeats: ReadonlyMap<string, Repeats>,
): WriteFindings[] {
  const effects = new Map<string, { readonly match: string; readonly times: number }[]>()
  for (const [match, { pairs, findings }] of repeats) {
    // What changes by itself would seem to follow every write.
    if (findings.changed > findings.same) continue
    const across = new Map<string, { all: number; changed: number; alone: number }>()
    for (const { isSame, writes: between } of pairs) {
      for (const write of between) {
        const counts = across.get(write) ?? { all: 0, changed: 0, alone: 0 }
        counts.all++
        if (!isSame) counts.changed++
        if (!isSame && between.length === 1) counts.alone++
        across.set(write, counts)
      }
    }
    for (const [write, { all, changed, alone }] of across) {
      if (changed === 0 || (changed * 2 < all && alone === 0)) continue
      effects.set(write, [...(effects.get(write) ?? []), { match, times: changed }])
    }
  }
  return [...writes].map(([match, group]) => ({
    match,
    requests: group.length,
    statuses: counted(group, ({ status }) => String(status)),
    changed: (effects.get(match) ?? []).toSorted((one, other) => other.times - one.times),
  }))
}
