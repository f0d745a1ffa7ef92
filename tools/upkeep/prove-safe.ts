import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Report {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
}

/** What is proven: by which config, from which files, with how much of it. */
const PARTS = [
  {
    name: 'users, budgets, pages, updates, guests, audit, removal',
    args: [
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
    ].map((name) => `e2e/${name}.spec.ts`),
    full: { STEPS: '2000', FULL: '1' },
    short: { STEPS: '200' },
  },
  { name: 'faults of storage', args: ['-c', 'e2e/safe/playwright.config.ts'], full: { FULL: '1' }, short: {} },
] as const

/** Runs the randomised schedule, the fault table and the tests of the lifecycle, and adds them up; `--short` for CI. */
const isShort = process.argv.includes('--short')
const folder = mkdtempSync(join(tmpdir(), 'freshlayer-safe-'))
try {
  let passed = 0
  let failed = 0
  for (const { name, args, full, short } of PARTS) {
    const report = join(folder, 'report.json')
    spawnSync(join('node_modules', '.bin', 'playwright'), ['test', ...args, '--reporter=list,json'], {
      stdio: 'inherit',
      env: { ...process.env, ...(isShort ? short : full), PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    })
    // A runner that did not get as far as a report has proven nothing: then this throws.
    const { stats } = JSON.parse(readFileSync(report, 'utf8')) as Report
    console.log(`${name}: ${stats.expected} passed, ${stats.unexpected + stats.flaky} failed`)
    passed += stats.expected
    failed += stats.unexpected + stats.flaky
    rmSync(report)
  }
  console.log(`${passed} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
