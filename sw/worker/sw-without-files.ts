import { identity, rules, structured } from 'virtual:freshlayer/rules'
import { start } from './main.ts'

start(rules, { identity, structured })
