import { defineConfig } from '../../config/language/index.ts'
import rules from './rules.ts'

/** The same, but what was stored under the version before is to be dropped. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({ ...rules, version: '2' })
