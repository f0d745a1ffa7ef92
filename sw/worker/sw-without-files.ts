import { identity, pagesBy, rules, start, structured } from 'virtual:freshlayer/rules'

start(rules, { identity, structured, pagesBy })
