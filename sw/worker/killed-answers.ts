import type { Answers, Greeting, Question, Since } from '../protocol.ts'
import { worker } from './scope.ts'
import { NONE, NO_SYNC, NOTHING_PENDING } from './statistics.ts'

/** The change log of a worker that has none. Always the same, so that a tab is told but once that it was emptied. */
export const NO_LOG = 'none'

/**
 * What a tab hears whose worker keeps nothing any more: the same as without a worker. It is answered all the same, for
 * an app may wait for it.
 */
export function killedAnswer(question: Question, clientId: string): Answers[Question['ask']] {
  switch (question.ask) {
    case 'hello':
      return greeting(question.since, clientId)
    case 'identify':
    case 'invalidate':
    case 'hint':
    case 'fill':
    case 'caught-up':
      return true
    case 'sign-out':
      return { signedOut: true, unsent: 0 }
    case 'explain':
      return { url: question.url, state: 'no-worker', why: '' }
    case 'remove':
      return { removed: 0 }
    case 'refresh':
      return { outcome: 'no-worker' }
    case 'validate':
      return { shown: [] }
    case 'stats':
      return { total: NONE, rules: {}, routes: 0, stored: 0 }
    case 'probe':
      return { reachable: true }
    case 'sync':
    case 'sync-state':
    case 'outbox':
      return []
    case 'records':
      return { writes: [], receipts: [], isMore: false, database: '' }
    case 'drain':
      return { waiting: 0, needsYou: 0 }
    case 'steer-outbox':
      return { isDone: false }
    case 'sync-stats':
      return NOTHING_PENDING
    case 'sync-counts':
      return NO_SYNC
    case 'take-over':
      void worker.skipWaiting()
      return { takesOver: true, tabs: 0, unsent: 0 }
  }
}

const greeting = (since: Since, clientId: string): Greeting => ({
  clientId,
  logId: NO_LOG,
  position: 0,
  missed: missedSince(since),
  partitions: [],
  polls: 'none',
  reachable: true,
})

const missedSince = (since: Since): 'reset' | [] => ('logId' in since && since.logId !== NO_LOG ? 'reset' : [])
