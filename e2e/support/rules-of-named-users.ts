import { defineConfig } from '../../config/language/index.ts'
import users from './rules-of-users.ts'

/** The same, with pages that say who their user is; the backend's `X-User` catches one whose word is out of date. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({
  ...users,
  identity: { by: ['authorization', 'identify', 'echo'], echo: 'X-User', offlineIdentity: 'last' },
})
