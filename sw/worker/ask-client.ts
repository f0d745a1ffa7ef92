import { envelope, type PortQuestion } from '../protocol.ts'
import { timeout } from '../fetch/clock.ts'

/** How long a page may take to answer. */
const ANSWER_LIMIT_MS = 500

/** Asks a page. Undefined: it has not answered in time, or has nothing to say. */
export function askClient(client: Client, question: PortQuestion): Promise<unknown> {
  const { port1, port2 } = new MessageChannel()
  const answer = new Promise<unknown>((resolve) => (port1.onmessage = ({ data }) => resolve(data)))
  client.postMessage(envelope(question), [port2])
  return timeout(ANSWER_LIMIT_MS, answer, undefined).finally(() => port1.close())
}
