import { defineConfig } from '@playwright/test'
import '../support/kept-builds.ts'

// Without more: the part for every change. `FULL=1`: 50,000 commits, 200 partitions (`RUNS=…`: so many). `SEED=…`: the same
// transactions and partitions again.

process.env['SEED'] ??= String(Date.now() % 1_000_000_000)

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  metadata: { seed: process.env['SEED'] },
  outputDir: '../../dist/e2e-sync/results',
  // Each file has servers and browsers of its own. What is measured in full runs beside nothing else.
  workers: process.env['FULL'] === undefined ? 2 : 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 30 * 60_000,
  reporter: [['list']],
})
