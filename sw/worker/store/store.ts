import type { Rules } from '../../../config/language/index.ts'
import { Erasure } from './erasure.ts'
import { Eviction } from './eviction.ts'
import type { UseStore } from './database.ts'
import { Generations } from './generations.ts'
import { InvalidationLog, type OnSettled, type TagsOf } from './invalidation-log.ts'
import { Rows } from './rows.ts'
import { Writer } from './writer.ts'

/** What is stored, by what it is about. */
export interface Store {
  readonly writer: Writer
  readonly log: InvalidationLog
  readonly rows: Rows
  readonly erasure: Erasure
  readonly eviction: Eviction
  readonly generations: Generations
}

/**
 * The store over a database. Nothing is opened before the first use.
 *
 * @param tagsOf default: a row has the tags with which it was stored, and no others.
 * @param onSettled default: the tabs are not told.
 */
export function storeOver(
  store: UseStore,
  { version, budget }: Pick<Rules, 'version' | 'budget'>,
  tagsOf: TagsOf = () => [],
  onSettled: OnSettled = () => undefined,
): Store {
  const writer = new Writer(store, version)
  const log = new InvalidationLog(writer, tagsOf, onSettled)
  const rows = new Rows(writer, log)
  return {
    writer,
    log,
    rows,
    erasure: new Erasure(writer, log, rows),
    eviction: new Eviction(writer, rows, budget),
    generations: new Generations(),
  }
}
