import { defineConfig } from '../../config/index.ts'
import alone from './rules-of-sales.ts'

/** The same sales, and an endpoint that takes many of them in one request. */
export default defineConfig({
  ...alone,
  outbox: { ...alone.outbox, batch: { url: '/api/sync', entities: { sale: 'sales' } } },
})
