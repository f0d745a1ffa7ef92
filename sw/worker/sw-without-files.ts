import { identity, rules } from 'virtual:freshlayer/rules'
import { start } from './main.ts'

start(rules, identity)
