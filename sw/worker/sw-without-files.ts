import {
  identity,
  isQuery,
  pagesBy,
  polling,
  postAnswers,
  racesOf,
  ranges,
  rules,
  start,
  structured,
  tagsOfAnswer,
} from 'virtual:freshlayer/rules'

start(rules, { identity, structured, ranges, isQuery, pagesBy, polling, postAnswers, racesOf, tagsOfAnswer })
