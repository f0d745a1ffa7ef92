import { envelope } from '../../protocol.ts'
import { worker } from '../scope.ts'

/** Tells a page that the changes of another user concern it from now on: it asks anew at the next change of theirs. */
export async function tellPage(clientId: string): Promise<void> {
  const client = await worker.clients.get(clientId)
  client?.postMessage(envelope({ say: 'partitions' }))
}
