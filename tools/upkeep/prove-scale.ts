import { prove } from './prove.ts'

/** Runs the tests of scale with 20,000 rows; `--short` for CI, with 2,500. */
const isShort = process.argv.includes('--short')
prove([{ name: 'scale', args: ['-c', 'e2e/scale/playwright.config.ts'], env: isShort ? {} : { FULL: '1' } }])
