import { assertConfig, compileRules } from '../../../config/language/index.ts'
import { everyone } from '../identity/everyone.ts'
import { identified } from '../identity/identified.ts'
import { start } from '../main.ts'
import { tagsOfAnswer } from '../../fetch/answer-tags.ts'
import { hintsOf } from '../messages/hints.ts'
import type { outboxOf } from '../outbox/outbox.ts'
import { report } from '../report.ts'
import { compared } from '../requests/compared.ts'
import { isQuery } from '../requests/graphql.ts'
import { polling } from '../requests/polling.ts'
import { postAnswers } from '../requests/post-answers.ts'
import { ranges } from '../requests/ranges.ts'
import { structured } from '../requests/structured.ts'
import { worker } from '../scope.ts'
import { Routes } from './routes.ts'
import type { Settings } from './settings.ts'
import { UnroutedWrites } from './unrouted-writes.ts'

/** Their list and items are rules, and here each strategy has the rule of its own. */
const NO_COLLECTIONS =
  "collections need their routes in the rules: import { attach, collections } from 'freshlayer/sw', and attach(self, rules, { collections }) before the routes of Workbox"

const NO_OUTBOX =
  "these writes go straight through, for the part that queues writes is left out of this worker. It has to hand it in: import { configure, outbox } from 'freshlayer/workbox', and then configure(settings, { outbox })"

/** Parts that are not in each worker, as they are large. */
export interface HandedIn {
  /** For writes with `offline: 'queue'`: the export of that name. Default: these writes go straight through. */
  readonly outbox?: typeof outboxOf
}

let configured: Routes | undefined

/**
 * Says what all strategies of this worker share: call it once, at the top of the worker's script, before the first
 * `new Freshlayer(…)`. From then on the worker answers the questions of pages (`connect()`), and a write that no route of
 * Workbox answers is sent by the layer if it changes what a route of the layer reads, or `writes` names it.
 *
 * @throws TypeError outside of a service worker and at a second call, and CacheError 'config-refused'.
 */
export function configure(settings: Settings, { outbox }: HandedIn = {}): void {
  if (!('skipWaiting' in worker)) throw new TypeError('freshlayer/workbox: configure(…) belongs in a service worker')
  if ('collections' in settings) throw new TypeError(`freshlayer/workbox: ${NO_COLLECTIONS}`)
  if (configured !== undefined) throw new TypeError('freshlayer/workbox: configure(…) is called once per worker')
  const config = { ...settings, routes: [] }
  assertConfig(config, 'configure(…)')
  const { budget, ...rules } = compileRules(config)
  if (rules.outbox !== undefined && outbox === undefined)
    report(
      NO_OUTBOX,
      rules.writes.filter(({ queue }) => queue !== undefined).map(({ name }) => name),
    )
  // Each strategy adds its own limit.
  const limits: Record<string, (typeof budget)['all']> = {}
  const routes = new Routes(settings, rules.writes, limits)
  routes.answer = start(
    { ...rules, budget: { ...budget, rules: limits } },
    {
      identity: rules.identity === 'none' ? everyone : identified,
      structured,
      ranges,
      isQuery,
      compared,
      postAnswers,
      tagsOfAnswer,
      polling,
      hintsOf,
      outboxOf: outbox,
      match: routes.match,
      ruleOf: routes.ruleOf,
      router: new UnroutedWrites(routes),
      // The app's router answers what the layer reads: that is no conflict.
      reportConflicts: () => undefined,
    },
  )
  configured = routes
}

/** @throws TypeError where `configure` has not been called. */
export function configuredRoutes(): Routes {
  if (configured !== undefined) return configured
  throw new TypeError("freshlayer/workbox: call configure({ version: '1', identity: … }) before new Freshlayer(…)")
}
