import { defineConfig } from '@playwright/test'

// One worker: two cores are enough for one browser and its origin.
export default defineConfig({
  testDir: 'e2e',
  // Rows of data with a runner of their own: `npm run test:http`.
  testIgnore: 'http/**',
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
