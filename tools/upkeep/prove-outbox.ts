import { prove } from './prove.ts'

/** What is proven, and in which test of `e2e/outbox`. */
const ITEMS: readonly (readonly [name: string, ...specs: string[]])[] = [
  ['1. random schedules of edits, cuts, stops and kills', 'schedules'],
  ['1. broken workers fail in them', 'broken-builds'],
  ['2. a backend without keys, and creates that are all cut', 'witness'],
  ['3. one row: created, edited and deleted offline; rapid edits', 'one-record'],
  ['4. two devices, each policy, clocks an hour apart', 'conflicts'],
  ['5. thousands of writes that wait, by themselves and in batches', 'many-writes', 'thousand'],
  ['6. apps as they are: each way in, a store of their own', 'outbox-ways', 'records'],
  ['7. after the last tab; what the browser deletes', 'background-sync', 'deleted'],
  ['the server kit: keys, checked writes, batches', 'written-once', 'checked-writes', 'batches'],
]

/** Runs the tests of writing offline at full scale, an item at a time; `--short` for CI. `SEED=…` has the same chances again. */
const isShort = process.argv.includes('--short')
const seed = (process.env['SEED'] ??= String(Date.now() % 1_000_000_000))
prove([
  ...ITEMS.map(([name, ...specs]) => ({
    name: `${name} (seed ${seed})`,
    args: ['-c', 'e2e/outbox/playwright.config.ts', ...specs.map((spec) => `e2e/outbox/${spec}.spec.ts`)],
    env: isShort ? {} : { FULL: '1' },
  })),
  { name: '6. the demo', args: ['e2e/demo/outbox.spec.ts'], env: {} },
])
