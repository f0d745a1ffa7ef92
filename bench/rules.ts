import { defineConfig } from '../config/language/index.ts'

/** One rule that stays fresh for longer than a run: every read is a hit. */
// oxlint-disable-next-line import/no-default-export -- A rules file exports its rules by default.
export default defineConfig({
  version: '1',
  identity: 'none',
  defaults: { retry: 0 },
  routes: [{ match: '/data/**', fresh: '1d', offline: '1d' }],
})
