import type { Project, Users } from './project.ts'

/** What the first rules are made of. */
export interface FirstRules {
  /** Paths, or full URLs: `/api`. */
  readonly apis: readonly string[]
  readonly users: Users
  /** Undefined: the app has no document of its own. */
  readonly shell: string | undefined
}

const IDENTITIES: Readonly<Record<Users, string>> = {
  token: "{ by: ['authorization'] }",
  session: "{ by: ['identify'] }",
  unsaid: "'none'",
}

const WHY: Readonly<Record<Users, readonly string[]>> = {
  token: [
    'Requests carry a token in Authorization: each user has a store of their own, and what is asked for without a token is',
    "nobody's. For cookie sessions: { by: ['identify'] }. Where all users get the same: 'none'.",
  ],
  session: [
    'Taken for cookie sessions. No worker sees a cookie: the page says who its user is, by connect({ identify: () => id }).',
    "Until it does, nothing is stored. For tokens: { by: ['authorization'] }. Where all users get the same: 'none'.",
  ],
  unsaid: [
    'Everyone gets the same answers. If the app has users, change this first, or one sees what another has read:',
    "{ by: ['authorization'] } for tokens, { by: ['identify'] } for cookie sessions.",
  ],
}

/** The text of a rules file that is safe for any app: the network first, and what was seen when it is away. */
export function firstRules({ apis, users, shell }: FirstRules): string {
  const matches = apis.map((api) => `'${api}/**'`)
  const match = matches.length === 1 ? matches[0] : `[${matches.join(', ')}]`
  const lines = [
    "import { defineConfig } from 'freshlayer/config'",
    '',
    'export default defineConfig({',
    "  version: '1',",
    ...WHY[users].map((line) => `  // ${line}`),
    `  identity: ${IDENTITIES[users]},`,
    ...(shell === undefined
      ? []
      : ['  // Stands in for any page of the app while the network is away.', `  shell: '${shell}',`]),
    '  routes: [',
    '    // Everything is asked of the network first. What was seen is shown for 7 days while the network is away. To save',
    "    // requests, put a rule before this one: { match: '/api/products/**', fresh: '5m', stale: '1h' }.",
    `    { match: ${match}, preset: 'network-first' },`,
    '  ],',
    '})',
  ]
  return `${lines.join('\n')}\n`
}

/** The first rules of a project, as it shows itself. */
export const defaultsOf = ({ apis, users, shell }: Project): FirstRules => ({ apis, users, shell })
