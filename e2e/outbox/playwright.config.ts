import { defineConfig } from '@playwright/test'
import '../support/kept-builds.ts'

// Without more: the part for every change. `FULL=1`: 300 schedules (`RUNS=…`: so many). `SEED=…`: the same schedules again.

process.env['SEED'] ??= String(Date.now() % 1_000_000_000)

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  metadata: { seed: process.env['SEED'] },
  outputDir: '../../dist/e2e-outbox/results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 60 * 60_000,
  reporter: [['list']],
})
