import { lifecycle, parts, rules, start } from 'virtual:freshlayer/rules'

start(rules, { ...parts, ...lifecycle })
