import type { JSX } from 'react'
import { formatNumber } from '../format.ts'

const tones = {
  active: 'good',
  archived: 'plain',
  ordered: 'warn',
  received: 'good',
} as const

const labels = { active: 'Active', archived: 'Archived', ordered: 'Ordered', received: 'Received' } as const

export function StatusBadge({ status }: { readonly status: keyof typeof tones }): JSX.Element {
  return <span className={`badge badge-${tones[status]}`}>{labels[status]}</span>
}

/** A count of things on the shelf; none and few stand out by weight and word, not by colour alone. */
export function StockCount({
  value,
  reorderLevel,
}: {
  readonly value: number
  readonly reorderLevel?: number
}): JSX.Element {
  if (value <= 0) return <span className="badge badge-bad">{formatNumber(value)} · out</span>
  if (reorderLevel !== undefined && value <= reorderLevel) {
    return <span className="badge badge-warn">{formatNumber(value)} · low</span>
  }
  return <>{formatNumber(value)}</>
}
