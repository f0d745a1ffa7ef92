import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // As in `vite.config.ts`: the demo imports the package by its entries.
  resolve: {
    alias: [
      {
        find: /^freshlayer\/react$/,
        replacement: fileURLToPath(new URL('app/tab/react/index.ts', import.meta.url)),
      },
    ],
  },
  test: {
    globalSetup: 'tools/prepare-tests.fixture.ts',
    // A suite builds the same workers again and again.
    env: { FRESHLAYER_MINIFIED: fileURLToPath(new URL('.cache/minified', import.meta.url)) },
    // A machine with two processors gets one worker otherwise, and most of a test is waiting.
    maxWorkers: 3,
    // Properties take what a busy machine lets them have.
    testTimeout: 60_000,
    // Opening a database takes seconds of a processor's time, and on a busy machine many times that.
    hookTimeout: 300_000,
    include: ['{sw,config,app,server,tools,bench,e2e}/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
  },
})
