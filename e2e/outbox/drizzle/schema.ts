import { boolean, integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

/** The products of the device. The last three columns are what sending needs. */
export const products = pgTable('products', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  price: integer('price').notNull(),
  /** Null: the server has never had it. */
  lastSyncedAt: timestamp('last_synced_at', { withTimezone: true }),
  isDirty: boolean('is_dirty').notNull().default(true),
  isDeleted: boolean('is_deleted').notNull().default(false),
})
