import { identity, pagesBy, racesOf, ranges, rules, start, structured } from 'virtual:freshlayer/rules'

start(rules, { identity, structured, ranges, pagesBy, racesOf })
