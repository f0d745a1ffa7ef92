import { defineConfig } from '@playwright/test'
import '../support/kept-builds.ts'

// Without more: what CI runs. `FULL=1`: 20,000 rows and all of the rest. `SEED=…`: the same moments to stop workers at.

// The processes that run tests inherit it: what is left to chance goes by it.
process.env['SEED'] ??= String(Date.now() % 1_000_000_000)

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './setup.ts',
  outputDir: '../../dist/e2e-scale/results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: process.env['FULL'] === undefined ? 120_000 : 900_000,
  reporter: [['list']],
})
