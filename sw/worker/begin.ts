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

/**
 * Starts the layer with rules that no build has compiled, so the worker has every part that rules may use, but for collections:
 * their part is as large as a fifth of all the others. Without it their lists and items are answered as without a collection.
 *
 * @param config has passed the check.
 * @param parts those that depend on whose the worker is.
 */
export function begin(config: Config, parts: (rules: Rules) => Omit<Parts, 'identity'>): void {
  const rules = compileRules(config)
  const identity = rules.identity === 'none' ? everyone : identified
  if (rules.collections !== undefined)
    report(
      'collections need a worker that the Vite plugin or `freshlayer worker` builds',
      Object.keys(config.collections ?? {}),
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
    ...parts(rules),
  })
}
