import type { Row } from '../../core/row.ts'
import type { Identity } from '../identity/identity.ts'
import type { UrlOf } from '../../fetch/targets.ts'
import type { Rows } from '../store/rows.ts'

export interface Looking {
  readonly urlOf: UrlOf
  readonly rows: Pick<Rows, 'rowsOf'>
  readonly identity: Pick<Identity, 'partitionsOf'>
}

/** What is stored for a URL that this client may see, the latest first. */
export async function rowsFor({ rows: stored, identity }: Looking, url: string, clientId: string): Promise<Row[]> {
  const rows = await stored.rowsOf(url, await identity.partitionsOf(clientId))
  return rows.toSorted((one, other) => other.sequence - one.sequence)
}
