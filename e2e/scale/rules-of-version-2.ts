import { defineConfig } from '../../config/language/index.ts'
import rules from './rules.ts'

/** The same rules, but nothing that was stored under version 1 may be served. */
// oxlint-disable-next-line import/no-default-export -- A rules file exports its rules by default.
export default defineConfig({ ...rules, version: '2' })
