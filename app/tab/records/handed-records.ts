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
  readonly #isOpen: () => boolean
  /** What the worker said last: the places of receipts are places in its database. */
  #database: string | undefined

  /** @param isOpen whether the store is still of the user of the page: else no worker is asked, not even once more. */
  constructor(isOpen: () => boolean) {
    this.#isOpen = isOpen
  }

  /**
   * What has become of the records that were handed over.
   *
   * @param forget receipts that the store has heeded, of those that were told last.
   * @param after the receipts after this one are told. Default: from the first one on.
   */
  async ask(forget: readonly number[], after?: number): Promise<HandedOver> {
    const worker = (): ServiceWorker | null | undefined =>
      this.#isOpen()
        ? (navigator as { readonly serviceWorker?: ServiceWorkerContainer }).serviceWorker?.controller
        : undefined
    const said = await ask<'records'>(worker, {
      ask: 'records',
      forget,
      ...(this.#database !== undefined && { of: this.#database }),
      ...(after !== undefined && { after }),
    })
    this.#database = said.database
    return said
  }
}
