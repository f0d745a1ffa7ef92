import {
  VersionedSender,
  identity,
  isQuery,
  postAnswers,
  ranges,
  rules,
  start,
  structured,
} from 'virtual:freshlayer/rules'
import { reportConflicts } from './lifecycle/conflicts.ts'

start(rules, { VersionedSender, identity, structured, ranges, isQuery, postAnswers, reportConflicts })
