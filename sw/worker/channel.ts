import { channelOf } from '../../config/names.ts'
import type { LoggedChange } from '../core/change.ts'
import { type Announcement, envelope, type Notice, othersChange } from '../protocol.ts'
import { report } from './report.ts'
import { scope } from './scope.ts'

/** What the worker says to every tab of its scope, and to other workers, at once. */
export class Channel {
  #opened: { readonly channel: BroadcastChannel | undefined } | undefined

  /** Opened at the first use: no answer waits for it. */
  get #channel(): BroadcastChannel | undefined {
    this.#opened ??= { channel: opened() }
    return this.#opened.channel
  }

  announce(announcement: Announcement | Notice): void {
    try {
      this.#channel?.postMessage(envelope(announcement))
    } catch (error) {
      report('channel: tabs could not be told', error)
    }
  }

  /** Tells of what was committed, in order. */
  changes(changes: readonly (LoggedChange | undefined)[]): void {
    for (const change of changes) if (change !== undefined) this.announce({ say: 'change', change })
  }

  /** Tells other workers that the state on disk has changed: they read it again. */
  tellWorkers(): void {
    this.announce({ say: 'write' })
  }

  /** A change on the channel that is not ours comes from another worker: one that is starting or going. */
  onOthersChange(heard: (change: { readonly ended: string | undefined }) => void): void {
    this.#channel?.addEventListener('message', ({ data }) => {
      const change = othersChange(data)
      if (change !== undefined) heard(change)
    })
  }
}

/** Without a channel tabs are told nothing, and everything else goes on. */
function opened(): BroadcastChannel | undefined {
  try {
    return new BroadcastChannel(channelOf(scope()))
  } catch (error) {
    report('channel: tabs cannot be told', error)
    return undefined
  }
}
