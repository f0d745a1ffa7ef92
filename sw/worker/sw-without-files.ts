import { identity, rules, start, structured } from 'virtual:freshlayer/rules'

start(rules, { identity, structured })
