import type { Rule } from '../../../config/language/index.ts'
import { report } from '../report.ts'

/**
 * Whether a request that a route matches is a read, by its body where the rule says so. What is not surely one is a write.
 *
 * @param isQuery decides for `'graphql'`.
 */
export async function isRead(
  request: Request,
  { name, reads }: Rule,
  isQuery: ((body: string) => boolean) | undefined,
): Promise<boolean> {
  const decide = reads === 'graphql' ? isQuery : reads
  try {
    return decide?.(await request.clone().text()) === true
  } catch (error) {
    report(`${name}: it cannot be told whether a request is a read; it counts as a write`, error)
    return false
  }
}
