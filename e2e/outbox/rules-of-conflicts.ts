import { defineConfig } from '../../config/index.ts'

interface Named {
  readonly name: string
}

/** How each of them resolves conflicts, by the path of the rows. */
const POLICIES = {
  'last-write-wins': 'last-write-wins',
  'server-wins': 'server-wins',
  'client-wins': 'client-wins',
  ask: 'ask',
  both: (_: unknown, mine: unknown, theirs: unknown): unknown => ({
    ...(theirs as Named),
    name: `${(theirs as Named).name} and ${(mine as Named).name}`,
  }),
} as const

/** The same rows by several paths: each has another policy. */
export default defineConfig({
  version: '1',
  identity: 'none',
  routes: [
    { match: '/api/:kind', fresh: 0, stale: '1h', offline: '7d', tags: ['{kind}'] },
    { match: '/api/:kind/:id', fresh: 0, stale: '1h', offline: '7d', tags: ['{kind}'] },
  ],
  writes: Object.entries(POLICIES).map(([kind, conflict]) => ({
    match: [`POST /api/${kind}`, `PUT /api/${kind}/:id`, `PATCH /api/${kind}/:id`],
    invalidates: [kind],
    offline: 'queue' as const,
    entity: kind,
    idempotent: true,
    timeout: '2s' as const,
    conflict,
  })),
  outbox: { firstWait: '100ms', longestWait: '500ms', attemptTimeout: '5s' },
})
