import { useSynced, type Shown } from './synced.ts'

/** What a user has done. */
export interface Activity {
  readonly id: number
  readonly userName: string
  readonly mine: boolean
  /** Such as `changed the product`; the subject follows. */
  readonly deed: string
  readonly subject: string
  /** The page that shows it. */
  readonly path: string
  readonly createdAt: string
}

/** The newest changes of all users, newest first. */
export function useActivity(): Shown<{ readonly items: readonly Activity[] }> {
  return useSynced('/api/activity')
}
