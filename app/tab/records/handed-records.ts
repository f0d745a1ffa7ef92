import type { HandedOver, HandedWrite } from '../../../sw/protocol.ts'
import { ask } from '../rpc.ts'

/** Which record, and in which version, as the worker keeps it. */
export interface Mark {
  readonly entity: string
  readonly id: string
  readonly version: string
}

export const markOf = ({ entity, id, version }: Mark): string => [entity, id, version].map(encodeURIComponent).join(' ')

export function parseMark(text: string): Mark {
  const [entity = '', id = '', version = ''] = text.split(' ').map(decodeURIComponent)
  return { entity, id, version }
}

/** A record that the worker has. */
export interface Handed extends Mark, Pick<HandedWrite, 'place' | 'isStuck' | 'why'> {}

/** The worker that controls this page, as far as it takes records. */
export class HandedRecords {
  /**
   * What has become of the records that were handed over.
   *
   * @param forget receipts that the store has heeded.
   * @param after the receipts after this one are told. Default: from the first one on.
   */
  ask(forget: readonly number[], after?: number): Promise<HandedOver> {
    const worker = (): ServiceWorker | null | undefined =>
      (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker?.controller
    return ask<'records'>(worker, { ask: 'records', forget, ...(after !== undefined && { after }) })
  }
}
