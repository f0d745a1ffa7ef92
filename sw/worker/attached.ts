import { parts, rules, start } from 'virtual:freshlayer/rules'
import { reportConflicts } from './lifecycle/conflicts.ts'

start(rules, { ...parts, reportConflicts })
