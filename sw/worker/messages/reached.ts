import { EVERYTHING, type Target } from '../../core/invalidation.ts'
import type { Reach } from '../../protocol.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import { targetsOf } from '../../fetch/targets.ts'

/** What a page means by `invalidate` and `remove`. */
export const reached = (urlOf: UrlOf, { tags = [], urls = [], patterns = [], all = false }: Reach): Target[] =>
  all ? [EVERYTHING] : targetsOf(urlOf, patterns, tags, urls)
