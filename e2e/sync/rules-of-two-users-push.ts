import { defineConfig } from '../../config/index.ts'
import { TWO_USERS } from './rules-of-two-users.ts'

/** Nothing but the feed tells what another user has changed. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  ...TWO_USERS,
  push: { url: '/events' },
  defaults: { fresh: '1h', stale: '1d', onFocus: false, onReconnect: false },
})
