import { defineConfig } from '@playwright/test'

// The same in each process of a run: what is left to chance goes by it, and prints it.
process.env['SEED'] ??= String(Math.floor(Math.random() * 2 ** 31))

// One worker: two cores are enough for one browser and its origin.
export default defineConfig({
  testDir: 'e2e',
  // Rows of data with runners of their own: `npm run test:http`, faults of storage, scale, and a new user's project.
  testIgnore: ['sync/**', 'http/**', 'safe/**', 'scale/**', 'drop-in/**'],
  globalSetup: './e2e/support/build.ts',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 10_000 },
  outputDir: 'test-results',
  reporter: [['list']],
})
