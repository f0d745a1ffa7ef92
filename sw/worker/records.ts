/**
 * The keys of the cache database. One object store holds every kind of record, so that what belongs together is written
 * in one transaction; each kind has a prefix of its own. These names are on users' disks.
 */
import type { Row } from '../core/row.ts'

export const META = 'meta'
export const STATS = 'stats'
export const ROWS = 'row '
export const MARKS = 'mark '
export const INTENTS = 'intent '
export const CHANGES = 'change '
export const CLIENTS = 'client '
/** Rows by rule and last use. */
export const USED = 'used '
/** Where a row is among them. */
export const PLACES = 'place '
export const SEARCHES = 'search '
/** Whether the origin has switched the layer off, and when it was asked. The one record that a kill leaves. */
export const KILL = 'kill'
/** What the backend calls the user of a partition. */
export const ECHOES = 'echo '
/** Partitions whose user the origin has refused, or who may have been followed by another. */
export const DOUBTS = 'doubt '
/** Who the user was when the backend or a page last said. */
export const LAST = 'last user'

/** Every key that begins with the prefix: `\uffff` sorts after all that a key may hold. */
export const under = (prefix: string): IDBKeyRange => IDBKeyRange.bound(prefix, `${prefix}\uffff`)

/** The variants of one key lie side by side: one range, one request. */
export const rowsOfKey = (key: string): string => `${ROWS}${key}\n\n`

export const rowKey = ({ key, variant }: Pick<Row, 'key' | 'variant'>): string => rowsOfKey(key) + variant

/** Padded, so that keys sort as numbers do. */
export const changeKey = (position: number): string => CHANGES + String(position).padStart(15, '0')
