import { defineConfig } from '../../config/language/index.ts'
import users from './rules-of-users.ts'

/** The same, for a backend that does not say who its user is: there is only the word of the pages. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({ ...users, identity: { by: ['identify'], offlineIdentity: 'last' } })
