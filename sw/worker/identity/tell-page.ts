import { envelope } from '../../protocol.ts'
import { worker } from '../scope.ts'

/** Notifies a page that it now also gets the changes of another user. At that user's next change it asks again. */
export async function tellPage(clientId: string): Promise<void> {
  const client = await worker.clients.get(clientId)
  client?.postMessage(envelope({ say: 'partitions' }))
}
