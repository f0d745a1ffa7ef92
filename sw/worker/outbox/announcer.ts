import { fillPlaces, type Match } from '../../../config/language/index.ts'
import { lineOf } from '../../fetch/matching.ts'
import type { OutboxNews } from '../../protocol.ts'
import type { Channel } from '../channel.ts'
import type { Ended } from './attempts.ts'
import type { OutboxStore } from './outbox-store.ts'
import { newsOf } from './steering.ts'
import type { WriteRecord } from './write-record.ts'

interface Ports {
  readonly channel: Pick<Channel, 'tellWorkers' | 'announce'>
  readonly match: (line: ReturnType<typeof lineOf>) => Match | undefined
  readonly store: Pick<OutboxStore, 'writes' | 'kept'>
}

/** Tells tabs and other workers what becomes of queued writes. */
export class Announcer {
  readonly #ports: Ports

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** What an attempt has come to. */
  tell({ settled }: Ended): void {
    switch (settled.kind) {
      case 'acknowledged': {
        const { write, id } = settled
        return this.announce({ ...newsOf(write, false), end: 'sent', ...(id && { id: id.id }) })
      }
      case 'refused':
        return this.announce({ ...newsOf(settled.write, false), end: 'refused' })
      case 'yielded':
        return this.announce({ ...newsOf(settled.write), end: 'yielded' })
      case 'kept': {
        const { attempts, state } = settled.write
        return this.announceAs(settled.write, attempts < 2 || state.kind !== 'waiting')
      }
      case 'other':
      case 'unrecorded':
        return undefined
    }
  }

  /** A write is queued, and reads cannot show it. */
  tellHidden(partition: string, place: number): void {
    const write = this.#ports.store.writes.get(place)
    if (write?.partition === partition)
      this.#ports.channel.announce({ ...newsOf(write), write: { ...newsOf(write).write, why: 'not-shown' } })
  }

  /** @param isNews whether reads are another by it now. */
  announceAs(write: WriteRecord, isNews: boolean, end: Pick<OutboxNews, 'end'> = {}): void {
    const { urls, ...news } = newsOf(write, isNews)
    this.announce({ ...news, ...end, urls: isNews ? [...urls, ...this.shownIn(write)] : urls })
  }

  /** The URLs beside its list and its item in which a function of its rule shows a write. */
  shownIn({ method, url }: Pick<WriteRecord, 'method' | 'url'>): readonly string[] {
    const match = this.#ports.match(lineOf({ method, url }))
    if (match?.kind !== 'write' || typeof match.rule.queue?.optimistic !== 'function') return []
    return fillPlaces(match.rule.invalidates, match.params).urls.map((each) => new URL(each, url).href)
  }

  /** Tells other workers that the disk has changed, and tabs how. */
  announce(news: OutboxNews): void {
    this.#ports.channel.tellWorkers()
    this.#ports.channel.announce({ ...news, kept: this.#ports.store.kept })
  }
}
