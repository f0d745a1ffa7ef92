import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Report {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
}

/** Runs the tests of scale with 20,000 rows; `--short` for CI, with 2,500. Ends with how many passed and failed. */
const isShort = process.argv.includes('--short')
const folder = mkdtempSync(join(tmpdir(), 'freshlayer-scale-'))
try {
  const report = join(folder, 'report.json')
  const args = ['test', '-c', 'e2e/scale/playwright.config.ts', '--reporter=list,json']
  spawnSync(join('node_modules', '.bin', 'playwright'), args, {
    stdio: 'inherit',
    env: { ...process.env, ...(!isShort && { FULL: '1' }), PLAYWRIGHT_JSON_OUTPUT_FILE: report },
  })
  // A runner that did not get as far as a report has proven nothing: then this throws.
  const { stats } = JSON.parse(readFileSync(report, 'utf8')) as Report
  const failed = stats.unexpected + stats.flaky
  console.log(`${stats.expected} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}
