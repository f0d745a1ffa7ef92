import type { Rules } from '../../../config/language/index.ts'
import type { Identity } from '../identity/identity.ts'
import type { Statistics } from '../statistics.ts'
import { promisifyRequest } from '../store/database.ts'
import { kindOf, under } from '../store/records.ts'
import type { Writer } from '../store/writer.ts'
import type { Answerer } from './answering.ts'

interface Ports {
  readonly statistics: Pick<Statistics, 'read'>
  readonly routes: Rules['routes']
  readonly identity: Pick<Identity, 'partitionsOf'>
  readonly writer: Pick<Writer, 'read'>
}

/** What the layer has done so far, and how much it has for the client. */
export const stats: Answerer<'stats', Ports> = async ({ statistics, routes, identity, writer }, _, clientId) => {
  const partitions = await identity.partitionsOf(clientId)
  const counts = await writer.read((store) =>
    Promise.all(partitions.map((each) => promisifyRequest(store.count(under(kindOf(each, 'index')))))),
  )
  const stored = counts.reduce((sum, count) => sum + count, 0)
  return { ...(await statistics.read()), routes: routes.length, stored }
}
