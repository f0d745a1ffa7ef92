import { defineConfig } from '../../config/language/index.ts'
import users from './rules-of-users.ts'

/** The same, for a backend that knows its users by their tokens alone. */
// oxlint-disable-next-line import/no-default-export -- The build takes the default export.
export default defineConfig({ ...users, identity: { by: ['authorization'] } })
