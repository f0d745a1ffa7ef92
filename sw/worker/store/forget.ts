import type { Fields } from '../../core/head.ts'
import type { Bodies } from './bodies.ts'
import { missed } from './changes.ts'
import type { Channel } from '../channel.ts'
import type { Ledger } from './ledger.ts'

interface Ports {
  readonly ledger: Ledger
  readonly bodies: Bodies
  readonly channel: Channel
}

/** Whether a response tells browsers to drop what they keep for its site; ours goes with it (Clear-Site-Data). */
export const isCleared = (fields: Fields): boolean => /"(cache|storage|\*)"/.test(fields.get('clear-site-data') ?? '')

/** Forgets everything that is stored, what is in the air as well, and tells the tabs. */
export async function forgetAll({ ledger, bodies, channel }: Ports): Promise<void> {
  await ledger.removeAll()
  await bodies.clear()
  const { logId } = await missed(ledger, () => 'reset')
  channel.announce({ say: 'reset', logId })
}
