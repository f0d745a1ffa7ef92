import {
  identity,
  isQuery,
  polling,
  postAnswers,
  ranges,
  rules,
  start,
  structured,
  tagsOfAnswer,
} from 'virtual:freshlayer/rules'
import { reportConflicts } from './lifecycle/conflicts.ts'

start(rules, { identity, structured, ranges, isQuery, postAnswers, tagsOfAnswer, polling, reportConflicts })
