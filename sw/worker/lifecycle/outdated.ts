import { envelope } from '../../protocol.ts'
import { report } from '../report.ts'
import { worker } from '../scope.ts'

/**
 * Whether the server no longer has a file of the app: it answers 404 or 410, or it answers a script, a style or the
 * like with a document, as many servers do for unknown paths.
 */
export const isMissing = ({ destination }: Request, { status, headers }: Response): boolean =>
  status === 404 ||
  status === 410 ||
  (destination !== '' && headers.get('content-type')?.startsWith('text/html') === true)

let isSought = false

/** The server no longer has the build of this page. The worker looks for an update once, and notifies the page. */
export async function tellOutdated(clientId: string, file: string): Promise<void> {
  report('a file of a page’s build is gone from the server; the page has to be loaded anew', file)
  if (!isSought) worker.registration.update().catch(() => undefined)
  isSought = true
  const client = await worker.clients.get(clientId)
  client?.postMessage(envelope({ say: 'outdated' }))
}
