import type { CollectionRule, CollectionRules, Matcher } from '../../../config/language/index.ts'
import { readOf } from '../requests/read.ts'
import { listUrl } from './named.ts'

/**
 * What rules say of how a collection is kept: where its rows come from, where they have their ids, versions and order, and
 * which tags end them. Rows that were kept by other rules cannot be gone on with: an id may name another row by now.
 */
export const shapeOf = ({ url }: Pick<CollectionRules, 'url'>, rule: CollectionRule, match: Matcher): string =>
  JSON.stringify([url, rule, readOf(match, listUrl(rule))?.tags])
