import { defineConfig } from '../../config/index.ts'
import { TWO_USERS } from './rules-of-two-users.ts'

/** Nothing but the page that comes into sight asks what another user has changed. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  ...TWO_USERS,
  defaults: { fresh: 0, stale: '1d', onReconnect: false },
})
