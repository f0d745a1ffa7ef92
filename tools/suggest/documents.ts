import type { Exchange } from '../recording/exchange.ts'
import { EMPTY_MOUNT } from '../rules/propose-shell.ts'
import type { Asker } from './asker.ts'
import type { DocumentFindings } from './findings.ts'

/** What the recording says of the app's pages. */
export function documentFindings(
  documents: readonly Exchange[],
  askerOf: (exchange: Exchange) => Asker,
): DocumentFindings {
  const byPath = new Map<string, Set<string>>()
  for (const { url, status, body } of documents) {
    if (status !== 200 || body === undefined || body.bytes === 0) continue
    const { pathname } = new URL(url)
    byPath.set(pathname, (byPath.get(pathname) ?? new Set()).add(body.digest))
  }
  const paths = byPath.size
  const digests = new Set([...byPath.values()].flatMap((each) => [...each]))
  const shortest = [...byPath.keys()].toSorted((one, other) => one.length - other.length)[0]
  if (shortest === undefined) return { paths }
  if (paths > 1 && digests.size === 1) return { paths, shell: shortest, why: `${paths} pages have the same document` }
  const mounts = documents.find(({ body, status }) => status === 200 && EMPTY_MOUNT.test(body?.text ?? ''))
  if (mounts !== undefined && digests.size === 1)
    return { paths, shell: shortest, why: 'its document is empty until a script fills it' }
  const whole = documents.filter(({ status, body }) => status === 200 && (body?.bytes ?? 0) > 0)
  const askers = new Set(whole.map((each) => askerOf(each).id))
  if (digests.size === 1 && whole.length > 1 && (askers.size > 1 || askers.has('')))
    return {
      paths,
      shell: shortest,
      why: `${whole.length} loads, without a user or of several users, gave the same document`,
    }
  return { paths }
}
