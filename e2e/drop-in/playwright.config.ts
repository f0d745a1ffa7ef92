import { defineConfig } from '@playwright/test'

// Without more: one way in, which goes by the seed; that is what CI runs. `FULL=1`: each of them. `SEED=…`: the same way.

/** The ways in, each a file of tests. */
const WAYS = [
  'vite',
  'pwa',
  'folder',
  'vue',
  'webpack',
  'angular',
  'no-build',
  'own-worker',
  'workbox',
  'react',
  'tanstack-query',
  'without-worker',
  'init',
  'try',
] as const

process.env['SEED'] ??= String(Date.now() % 1_000_000_000)
const seed = Number(process.env['SEED'])
const isFull = process.env['FULL'] !== undefined
const way = WAYS[seed % WAYS.length]!

export default defineConfig({
  testDir: '.',
  testMatch: isFull ? '*.spec.ts' : ['package.spec.ts', `${way}.spec.ts`],
  metadata: { way: isFull ? 'all' : way, seed },
  globalSetup: './setup.ts',
  outputDir: '../../dist/e2e-drop-in/results',
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  // An app is installed from the registry and built.
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: [['list']],
})
