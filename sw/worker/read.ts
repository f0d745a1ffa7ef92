import type { Rule } from '../../config/language/index.ts'
import type { RequestHead } from '../core/head.ts'
import type { Row } from '../core/row.ts'
import type { Repeatable } from './origin.ts'

/** One read, described once. */
export interface Read {
  readonly request: Request | Repeatable
  readonly head: RequestHead
  readonly rule: Rule
  readonly tags: readonly string[]
  readonly partition: string
  readonly key: string
  /** The request's `Authorization`. */
  readonly authorization: string | null
  /** Undefined when no page asked: the worker did, by itself. */
  readonly clientId: string | undefined
  /** What is stored for it, whether or not it may answer. */
  readonly row: Row | undefined
}
