import { readdirSync } from 'node:fs'
import { prove } from './prove.ts'

/** What is proven, and in which tests of `e2e/sync`. */
const ITEMS: readonly (readonly [name: string, ...specs: string[]])[] = [
  ['1. sixteen writers on PostgreSQL', 'writers'],
  ['2. what clients hold is what SQL says', 'oracle'],
  ['3. partitions between tabs, server processes and the database', 'partitions'],
  ['4. several server processes, and from commit to paint', 'processes', 'paint', 'redis'],
  ['5. twenty tabs', 'tabs'],
  ['6. bytes at the socket', 'bytes', 'dictionaries'],
  ['7. a tour by three users', 'tour'],
  ['8. two thousand listeners', 'many-callers'],
  ['9. two users, by push, focus and polls', 'two-users'],
  ['10. versions', 'versions'],
]

const named = ITEMS.flatMap(([, ...specs]) => specs)
const rest = readdirSync('e2e/sync')
  .flatMap((file) => (file.endsWith('.spec.ts') ? [file.slice(0, -'.spec.ts'.length)] : []))
  .filter((spec) => !named.includes(spec))
const all = rest.length > 0 ? [...ITEMS, ['and besides', ...rest] as const] : ITEMS

/** Runs the tests of staying in sync at full scale, an item at a time; `--short` for CI. `SEED=…` has the same chances again. */
const isShort = process.argv.includes('--short')
const seed = (process.env['SEED'] ??= String(Date.now() % 1_000_000_000))
prove(
  all.map(([name, ...specs]) => ({
    name: `${name} (seed ${seed})`,
    args: ['-c', 'e2e/sync/playwright.config.ts', ...specs.map((spec) => `e2e/sync/${spec}.spec.ts`)],
    env: isShort ? {} : { FULL: '1' },
  })),
)
