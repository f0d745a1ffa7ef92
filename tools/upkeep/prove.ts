import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Tests that prove one thing, all of them run by Playwright. */
export interface Part {
  readonly name: string
  /** For `playwright test`. */
  readonly args: readonly string[]
  /** What the environment says of how much is run. */
  readonly env: Readonly<Record<string, string>>
}

interface Report {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
}

/** Runs the parts one after another, says what became of each, and ends with how many passed and failed. */
export function prove(parts: readonly Part[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'freshlayer-prove-'))
  try {
    let passed = 0
    let failed = 0
    for (const { name, args, env } of parts) {
      const report = join(folder, 'report.json')
      if (parts.length > 1) console.log(`\n${name}`)
      spawnSync(join('node_modules', '.bin', 'playwright'), ['test', ...args, '--reporter=list,json'], {
        stdio: 'inherit',
        env: { ...process.env, ...env, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      })
      // A runner that did not get as far as a report has proven nothing: then this throws.
      const { stats } = JSON.parse(readFileSync(report, 'utf8')) as Report
      const bad = stats.unexpected + stats.flaky
      if (parts.length > 1) console.log(`${name}: ${stats.expected} passed, ${bad} failed`)
      passed += stats.expected
      failed += bad
      rmSync(report)
    }
    console.log(`${passed} passed, ${failed} failed`)
    if (failed > 0 || passed === 0) process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true })
  }
}
