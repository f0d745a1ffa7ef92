import type { Identity, Rule } from '../../config/language/index.ts'
import type { Exchange } from './exchange.ts'

/** The answers to one address. Those that were not asked for, or did not come, are absent. */
export interface Answers {
  readonly url: string
  /** As a page of the first user asks. */
  readonly plain: Exchange
  /** The same once more, with the conditions that the validators of `plain` allow. */
  readonly again?: Exchange | undefined
  /** Without content coding. */
  readonly uncoded?: Exchange | undefined
  /** As a document is asked for. */
  readonly asDocument?: Exchange | undefined
  /** Without any credential. */
  readonly anonymous?: Exchange | undefined
  /** As a second user. */
  readonly other?: Exchange | undefined
  /** From a page of another origin. */
  readonly foreign?: Exchange | undefined
}

export interface Asker {
  readonly identity: Identity
  /** The rule that covers the address; undefined: none does. */
  readonly rule: Rule | undefined
  /** The fields of the first user's requests, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The origin of the pages, where it is another one. */
  readonly pages?: string | undefined
}

export const mediaTypeOf = ({ fields }: Exchange): string =>
  (fields.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

export const isPersonal = ({ identity, rule }: Asker): boolean => identity !== 'none' && rule?.public !== true

export const hasCredentials = ({ headers }: Asker): boolean => 'authorization' in headers || 'cookie' in headers

/** The same answer came twice: what differs from it differs by who asks, and not by time. */
export const isSteady = ({ plain, again }: Answers): boolean =>
  again !== undefined && (again.status === 304 || again.digest === plain.digest)
