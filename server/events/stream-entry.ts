import * as v from 'valibot'
import type { ChangedRows, News } from './news.ts'
import { isSnapshot } from './snapshot.ts'

/** What one process has read in the log, as the others get it. */
export interface StreamEntry extends News {
  /** The snapshot from which on it says what has changed. */
  readonly from: string
}

const SNAPSHOT = v.pipe(
  v.string(),
  v.check((text) => isSnapshot(text)),
)
const NAMES = v.optional(v.array(v.string()))
const ENTRY = v.object({
  version: v.literal(1),
  generation: v.string(),
  from: SNAPSHOT,
  snapshot: SNAPSHOT,
  changed: v.union([
    v.literal('unknown'),
    v.array(
      v.object({
        entity: v.string(),
        scope: v.nullable(v.string()),
        rows: NAMES,
        transactions: NAMES,
        operations: NAMES,
      }),
    ),
  ]),
})

export const formatEntry = (entry: StreamEntry): string => JSON.stringify({ version: 1, ...entry })

/** An entry of this kit's version. `'unreadable'`: another version has written it, or something else. */
export function parseEntry(text: unknown): StreamEntry | 'unreadable' {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ENTRY), text)
  if (!parsed.success) return 'unreadable'
  const { generation, from, snapshot, changed } = parsed.output
  if (changed === 'unknown') return { generation, from, snapshot, changed }
  const rowsOf = ({ entity, scope, rows, transactions, operations }: (typeof changed)[number]): ChangedRows => ({
    entity,
    scope,
    rows,
    transactions,
    operations,
  })
  return { generation, from, snapshot, changed: changed.map(rowsOf) }
}
