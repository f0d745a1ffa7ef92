import { identity, pagesBy, ranges, rules, start, structured } from 'virtual:freshlayer/rules'

start(rules, { identity, structured, ranges, pagesBy })
