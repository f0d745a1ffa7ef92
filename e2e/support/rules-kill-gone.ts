import { defineConfig } from '../../config/language/index.ts'
import rules from './rules-kill.ts'

/** The same, but the file has to stay where it is for the layer to live. */
export default defineConfig({ ...rules, kill: { url: '/freshlayer-kill.json', gone: true } })
