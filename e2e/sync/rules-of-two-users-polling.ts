import { defineConfig } from '../../config/index.ts'
import { TWO_USERS } from './rules-of-two-users.ts'

/** Nothing but polls tells what another user has changed. */
// oxlint-disable-next-line import/no-default-export -- A rules file has one.
export default defineConfig({
  ...TWO_USERS,
  defaults: { fresh: '1h', stale: '1d', poll: '2s', onFocus: false, onReconnect: false },
})
