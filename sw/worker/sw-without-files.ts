import config, { file } from 'virtual:freshlayer/config'
import { start } from './main.ts'

start(config, file)
