import { prove } from './prove.ts'

const LIFECYCLE = [
  'identity',
  'sessions',
  'schedule',
  'budget',
  'navigation',
  'pages',
  'update',
  'attach',
  'storage',
  'audit',
  'kill',
]

/** Runs the randomised schedule, the fault table and the tests of the lifecycle, and adds them up; `--short` for CI. */
const isShort = process.argv.includes('--short')
prove([
  {
    name: 'users, budgets, pages, updates, guests, audit, removal',
    args: LIFECYCLE.map((name) => `e2e/${name}.spec.ts`),
    env: isShort ? { STEPS: '200' } : { STEPS: '2000', FULL: '1' },
  },
  {
    name: 'faults of storage',
    args: ['-c', 'e2e/safe/playwright.config.ts'],
    env: isShort ? {} : { FULL: '1' },
  },
])
