import {
  VersionedSender,
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

start(rules, { VersionedSender, identity, structured, ranges, isQuery, pagesBy, postAnswers, racesOf })
