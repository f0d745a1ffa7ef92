import { defineConfig } from '@playwright/test'
import './e2e/support/kept-builds.ts'

// The same in each process of a run: what is left to chance goes by it, and prints it.
process.env['SEED'] ??= String(Math.floor(Math.random() * 2 ** 31))

export default defineConfig({
  testDir: 'e2e',
  // Rows of data with runners of their own: `npm run test:http`, schedules of queued writes, faults of storage, scale, and a new user's project.
  testIgnore: ['sync/**', 'http/**', 'safe/**', 'scale/**', 'drop-in/**', 'outbox/**'],
  globalSetup: './e2e/support/build.ts',
  // Each file has a browser, and each test an origin, of its own; they wait more than they work.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  outputDir: 'test-results',
  reporter: [['list']],
})
