import { defineConfig } from '@playwright/test'
import '../support/kept-builds.ts'

// Without more: what fails for good, one call of each kind. `FULL=1`: the whole table and 40 random
// plays. `SEED=…` with `random`: one play again. What became of each row is in `dist/e2e-safe/outcomes.jsonl` as it goes.

// The processes that run tests inherit it, and with it the names of the random plays.
process.env['FRESHLAYER_FIRST_SEED'] ??= String(Date.now() % 1_000_000_000)

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  globalSetup: './setup.ts',
  outputDir: '../../dist/e2e-safe/results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  reporter: [['list']],
})
