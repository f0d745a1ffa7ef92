import { compileRules, type Config, type Rules } from '../../config/language/index.ts'
import { report } from './report.ts'
import { everyone } from './identity/everyone.ts'
import { identified } from './identity/identified.ts'
import { startKillable } from './kill.ts'
import type { Parts } from './main.ts'
import { hintsOf } from './messages/hints.ts'
import { compared } from './requests/compared.ts'
import { isQuery } from './requests/graphql.ts'
import { tagsOfAnswer } from '../fetch/answer-tags.ts'
import { polling } from './requests/polling.ts'
import { postAnswers } from './requests/post-answers.ts'
import { ranges } from './requests/ranges.ts'
import { structured } from './requests/structured.ts'
import { VersionedSender } from './requests/versions.ts'

const NO_COLLECTIONS =
  "collections are left out of this worker. It has to hand their part in: import { collections } from 'freshlayer/sw', and then attach(self, rules, { collections }) or freshlayer(rules, manifest, { collections })"

const NO_OUTBOX =
  "these writes go straight through, for the part that queues writes is left out of this worker. It has to hand it in: import { outbox } from 'freshlayer/sw', and then attach(self, rules, { outbox }) or freshlayer(rules, manifest, { outbox })"

/**
 * Starts the layer with rules that no build has compiled, so the worker has every part that rules may use, but for two that are
 * large, and are handed in: that for collections and that for queued writes. Without them lists and items are answered as
 * without a collection, writes go straight through, and the console says so.
 *
 * @param config has passed the check.
 * @param partsOf those that depend on whose the worker is.
 */
export function begin(config: Config, partsOf: (rules: Rules) => Omit<Parts, 'identity'>): void {
  const rules = compileRules(config)
  const identity = rules.identity === 'none' ? everyone : identified
  const parts = partsOf(rules)
  if (rules.collections !== undefined && parts.collectionsOf === undefined)
    report(NO_COLLECTIONS, Object.keys(config.collections ?? {}))
  if (rules.outbox !== undefined && parts.outboxOf === undefined)
    report(
      NO_OUTBOX,
      rules.writes.filter(({ queue }) => queue !== undefined).map(({ name }) => name),
    )
  startKillable(rules, {
    identity,
    structured,
    ranges,
    isQuery,
    compared,
    postAnswers,
    VersionedSender,
    tagsOfAnswer,
    polling,
    hintsOf,
    ...parts,
  })
}
