import {
  collectionsOf,
  identity,
  isQuery,
  postAnswers,
  ranges,
  rules,
  start,
  structured,
} from 'virtual:freshlayer/rules'
import { reportConflicts } from './lifecycle/conflicts.ts'

start(rules, { identity, structured, ranges, isQuery, postAnswers, collectionsOf, reportConflicts })
