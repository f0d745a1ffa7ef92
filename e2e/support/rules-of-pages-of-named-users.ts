import { defineConfig } from '../../config/language/index.ts'
import users from './rules-of-pages-of-users.ts'

/** The same, for a server that does not say whose its pages are: the pages do, once they run. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({ ...users, identity: { by: ['identify'], offlineIdentity: 'last' } })
