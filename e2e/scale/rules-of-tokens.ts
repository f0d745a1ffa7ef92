import { defineConfig } from '../../config/language/index.ts'
import rules from './rules.ts'

/** The same rules, for a backend that knows its users by their tokens. */
// oxlint-disable-next-line import/no-default-export -- A rules file exports its rules by default.
export default defineConfig({
  ...rules,
  identity: { by: ['authorization'] },
  writes: [{ match: 'DELETE /api/session', session: 'sign-out' }],
})
