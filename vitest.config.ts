import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{sw,config,app,server,tools,bench,e2e}/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
  },
})
