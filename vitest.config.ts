import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{sw,config,app,server,tools,bench}/**/*.test.ts'],
    exclude: ['**/*.browser.test.ts', '**/node_modules/**'],
  },
})
