import { fileURLToPath } from 'node:url'
import type { WorkerOptions } from '../../tools/build/build-worker.ts'

/** What the tests serve: made once before they run, from the sources as they are. */
export const BUILT = fileURLToPath(new URL('../../dist/e2e/', import.meta.url))

/** Two builds of an app, and the file of each whose name has its hash. */
export const BUILDS = [
  ['build-1', '/assets/app-aaaa1111.js'],
  ['build-2', '/assets/app-bbbb2222.js'],
] as const

const files = `${BUILT}files`
const of = (
  rules: string,
  name = rules,
  more: Partial<WorkerOptions> = {},
): WorkerOptions & { readonly out: string } => ({
  config: `e2e/support/${rules}.ts`,
  out: `${BUILT}${name}.js`,
  ...more,
})

/** The workers of the rules here. */
export const WORKERS = [
  of('rules', 'sw'),
  of('rules-of-users', 'sw-of-users'),
  of('rules-of-named-users', 'sw-of-named-users'),
  of('rules', 'sw-with-files', { files }),
  of('rules-kill', 'rules-kill', { files }),
  of('rules-kill-gone', 'rules-kill-gone', { files }),
  of('rules-of-version-2', 'rules-of-version-2', { files }),
  of('rules', 'attached', { attach: true }),
  of('rules-kill', 'attached-kill', { attach: true }),
  of('rules-of-pages'),
  of('rules-of-pages-of-users'),
  of('rules-of-pages-of-named-users'),
  of('rules-of-tokens'),
  of('rules-of-words'),
  of('rules-of-traits'),
  of('rules-of-attention'),
  ...BUILDS.map(([name]) => of('rules', name, { files: `${BUILT}${name}-files` })),
]

/** Whether a worker is made in the process beside the one that also builds the pages and the demo. */
export const isMadeBeside = (at: number): boolean => at % 3 !== 0
