import { identity, rules, start, structured } from 'virtual:freshlayer/rules'
import { reportConflicts } from './conflicts.ts'

start(rules, { identity, structured, reportConflicts })
