import type { Match } from '../../../config/language/index.ts'
import { report } from '../report.ts'

/**
 * Reports on the console when another handler of this worker answers a request that a rule matches. The handler that
 * answers first ends the event, and later handlers do not get it, so nothing else shows the conflict.
 *
 * @param matchOf the rule that another handler's request matches; undefined when the layer answers the request itself.
 */
export function reportConflicts(matchOf: (event: FetchEvent) => Match | undefined): void {
  const { respondWith } = FetchEvent.prototype
  FetchEvent.prototype.respondWith = function (this: FetchEvent, answer): void {
    respondWith.call(this, answer)
    const found = matchOf(this)
    if (found === undefined) return
    report(
      'conflict: another handler of this worker answers what a rule matches; attach the layer before it, or narrow one',
      `${this.request.method} ${this.request.url}, rule ${found.rule.name}`,
    )
  }
}
