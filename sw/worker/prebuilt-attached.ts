import { begin } from './begin.ts'
import { reportConflicts } from './lifecycle/conflicts.ts'
import { withRulesFile } from './rules-file.ts'

withRulesFile((config, parts) => begin(config, () => ({ ...parts, reportConflicts })))
