import { defineConfig } from '../../config/index.ts'

/** Kinds of rows: each has its list, and a lane of its own. */
const KINDS = Array.from({ length: 20 }, (_, at) => `kind${at}`)

/** A backend that is as it is: nothing tells a request that is sent again from another one. */
export default defineConfig({
  version: '1',
  identity: 'none',
  routes: [{ match: '/api/:kind', fresh: 0, stale: '1h', offline: '7d', tags: ['{kind}'] }],
  writes: KINDS.map((kind) => ({
    match: `POST /api/${kind}`,
    invalidates: [kind],
    offline: 'queue' as const,
    entity: kind,
    witness: { after: '800ms' },
    timeout: '2s',
  })),
  outbox: { lanes: 16, firstWait: '200ms', longestWait: '1s', attemptTimeout: '5s' },
})
