import {
  collectionsOf,
  identity,
  isQuery,
  pagesBy,
  postAnswers,
  racesOf,
  ranges,
  rules,
  start,
  structured,
} from 'virtual:freshlayer/rules'

start(rules, { identity, structured, ranges, isQuery, pagesBy, postAnswers, racesOf, collectionsOf })
