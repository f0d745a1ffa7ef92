import { borrow, type SessionPool } from '../sync/database.ts'

/** How much is deleted in one statement. */
const SLICE = 10_000

/**
 * Deletes the keys that have expired, with their answers, in slices. Call it once a day, from one process or from each. An expired
 * key is known until then: a write that comes late is rather not repeated.
 *
 * @returns how many keys are gone.
 */
export async function cutKeys(pool: SessionPool): Promise<number> {
  let cut = 0
  for (;;) {
    const session = await borrow(pool)
    try {
      const { rows } = await session.query(
        `with old as (
           select owner, key from freshlayer.idempotency_keys where expires_at < now()
           order by expires_at limit ${SLICE} for update skip locked
         ), gone as (
           delete from freshlayer.idempotency_keys k using old where k.owner = old.owner and k.key = old.key returning 1
         )
         select count(*)::int as gone from gone`,
      )
      const gone = Number(rows[0]?.['gone'])
      cut += gone
      if (gone < SLICE) return cut
    } finally {
      session.release()
    }
  }
}
