import { defineConfig } from 'vitest/config'

/** The tests of the core alone: what a mutation run repeats for every mutant. */
export default defineConfig({ test: { include: ['sw/core/**/*.test.ts'] } })
