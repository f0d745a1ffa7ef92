import { and, asc, eq, gt } from 'drizzle-orm'
import type { PgliteDatabase } from 'drizzle-orm/pglite'
import { isSameRecord, type RecordAdapter } from '../../../app/tab/records/index.ts'
import { products } from './schema.ts'

type Product = typeof products.$inferSelect

/** What is sent of a product. */
const fieldsOf = ({ id, name, price }: Product) => ({ id, name, price })

/** What the device takes from a row of the server. */
const columnsOf = (row: Readonly<Record<string, unknown>> | null | undefined) => ({
  ...(typeof row?.['name'] === 'string' && { name: row['name'] }),
  ...(typeof row?.['price'] === 'number' && { price: row['price'] }),
})

export const adapterOf = (db: PgliteDatabase): RecordAdapter<'product'> => ({
  listDirty: (_, { after = '', limit }) =>
    db
      .select({ id: products.id, isDeleted: products.isDeleted })
      .from(products)
      .where(and(eq(products.isDirty, true), gt(products.id, after)))
      .orderBy(asc(products.id))
      .limit(limit),

  read: async (_, id) => {
    const [row] = await db.select().from(products).where(eq(products.id, id))
    return row && { fields: fieldsOf(row), isNew: row.lastSyncedAt === null, isDeleted: row.isDeleted }
  },

  acknowledge: ({ id, newId = id, sent, row, syncedAt }) =>
    db.transaction(async (tx) => {
      const is = eq(products.id, id)
      const [now] = await tx.select().from(products).where(is).for('update')
      if (now === undefined) return
      if (sent === undefined) {
        // The server has deleted it. If the user has taken that back meanwhile, it is new there.
        if (now.isDeleted) await tx.delete(products).where(is)
        else await tx.update(products).set({ lastSyncedAt: null }).where(is)
        return
      }
      const isSame = !now.isDeleted && isSameRecord(fieldsOf(now), sent)
      await tx
        .update(products)
        .set({ id: newId, lastSyncedAt: new Date(syncedAt), ...(isSame && { ...columnsOf(row), isDirty: false }) })
        .where(is)
    }),

  apply: ({ id, sent, row, syncedAt }) =>
    db.transaction(async (tx) => {
      const is = eq(products.id, id)
      const [now] = await tx.select().from(products).where(is).for('update')
      if (now === undefined) return
      const isSame = sent === undefined ? now.isDeleted : !now.isDeleted && isSameRecord(fieldsOf(now), sent)
      // Edited since: that is another change, and is sent.
      if (!isSame) return
      if (row === null) await tx.delete(products).where(is)
      else
        await tx
          .update(products)
          .set({ ...columnsOf(row), isDirty: false, isDeleted: false, lastSyncedAt: new Date(syncedAt) })
          .where(is)
    }),

  mark: async (_, id, as) => {
    await db
      .update(products)
      .set({ isDirty: true, isDeleted: as === 'deleted' })
      .where(eq(products.id, id))
  },
})
