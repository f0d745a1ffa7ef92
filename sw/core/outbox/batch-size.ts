/** How many writes the next batch may have, and how long its JSON may be. */
export interface BatchSize {
  readonly items: number
  /** Characters. */
  readonly length: number
}

/** What has become of a batch. */
export type BatchEnd =
  /** `ms`: from the request to the end of its answer. */
  | { readonly kind: 'answered'; readonly ms: number }
  /** There is no answer. `ms`: until that was known. */
  | { readonly kind: 'failed'; readonly ms: number }
  /** 5xx: it may have been too much. */
  | { readonly kind: 'broken' }
  /** 413. The endpoint may say what it takes. */
  | { readonly kind: 'too-large'; readonly mostItems?: number; readonly mostBytes?: number }

export const FIRST_SIZE: BatchSize = { items: 50, length: 65_536 }

/** What the server kit takes is twice as much and more. */
const MOST: BatchSize = { items: 500, length: 524_288 }

/** An answer within this is fast: the next batch may be twice as large. After `SLOW_MS` it has half the size. Milliseconds. */
const FAST_MS = 1000
const SLOW_MS = 5000

/**
 * How large the batch after this one may be. A user who waits sees progress each second or so, on a fast line and on a slow one.
 *
 * @param sent how large the batch was.
 */
export function nextSize(size: BatchSize, sent: BatchSize, end: BatchEnd): BatchSize {
  switch (end.kind) {
    case 'answered':
      if (end.ms > SLOW_MS) return halfOf(sent)
      // What was not full says nothing of a larger one.
      return end.ms < FAST_MS && (sent.items * 2 > size.items || sent.length * 2 > size.length) ? twice(size) : size
    case 'failed':
      // Without a network it fails at once, however large it is.
      return end.ms > SLOW_MS ? halfOf(sent) : size
    case 'broken':
      return halfOf(sent)
    case 'too-large': {
      const { items, length } = halfOf(sent)
      return {
        items: atLeastOne(Math.min(items, end.mostItems ?? items)),
        length: Math.min(length, end.mostBytes ?? length),
      }
    }
  }
}

const atLeastOne = (count: number): number => Math.max(1, Math.floor(count))

const halfOf = ({ items, length }: BatchSize): BatchSize => ({
  items: atLeastOne(items / 2),
  // One write fits in any case.
  length: Math.max(LEAST_LENGTH, Math.floor(length / 2)),
})

const LEAST_LENGTH = 1024

const twice = ({ items, length }: BatchSize): BatchSize => ({
  items: Math.min(MOST.items, items * 2),
  length: Math.min(MOST.length, length * 2),
})
