import type { Match } from '../../../config/language/index.ts'
import { report } from '../report.ts'

/**
 * Says on the console when another handler of this worker answers what a rule matches: the first to answer ends the
 * event, and whoever comes later never hears of it, so nothing else would tell.
 *
 * @param matchOf what the layer would have answered; undefined for what it answers itself.
 */
export function reportConflicts(matchOf: (event: FetchEvent) => Match | undefined): void {
  const { respondWith } = FetchEvent.prototype
  FetchEvent.prototype.respondWith = function (this: FetchEvent, answer): void {
    respondWith.call(this, answer)
    const found = matchOf(this)
    if (found === undefined) return
    const name = found.kind === 'read' ? found.rule.name : found.name
    report(
      'conflict: another handler of this worker answers what a rule matches; attach the layer before it, or narrow one',
      `${this.request.method} ${this.request.url}, rule ${name}`,
    )
  }
}
