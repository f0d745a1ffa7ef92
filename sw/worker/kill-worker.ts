/**
 * A worker that removes the layer, and then itself: served in place of the layer's script it takes over at the next
 * look for an update. Open pages stay as they are; from then on their requests go to the network.
 */
import { cacheDatabaseOf, channelOf, outboxDatabaseOf } from '../../config/names.ts'
import { envelope, parseQuestion, refusal } from '../protocol.ts'
import { timeout } from '../fetch/clock.ts'
import { killedAnswer, NO_LOG } from './killed-answers.ts'
import { deleteCaches, unregister } from './removal.ts'
import { report } from './report.ts'
import { scope, worker } from './scope.ts'

/** A connection that does not make way may hold a deletion up for so long; then the browser ends it on its own. */
const DELETE_LIMIT_MS = 5000

worker.addEventListener('install', () => void worker.skipWaiting())
worker.addEventListener('activate', (event) => event.waitUntil(remove()))
worker.addEventListener('message', (event) => {
  const refused = refusal(event.data)
  if (refused !== undefined) event.ports[0]?.postMessage({ error: refused })
  const question = parseQuestion(event.data)
  if (question === undefined || !(event.source instanceof Client)) return
  event.ports[0]?.postMessage({ answer: killedAnswer(question, event.source.id) })
})

async function remove(): Promise<void> {
  const gone = await Promise.allSettled([
    deleteCaches(),
    deleteDatabase(cacheDatabaseOf(scope())),
    // Writes that the origin does not have yet are not ours to drop (I4).
    isUnused(outboxDatabaseOf(scope())).then((unused) =>
      unused ? deleteDatabase(outboxDatabaseOf(scope())) : undefined,
    ),
  ])
  for (const each of gone) if (each.status === 'rejected') report('kill: not everything could be deleted', each.reason)
  new BroadcastChannel(channelOf(scope())).postMessage(envelope({ say: 'reset', logId: NO_LOG }))
  await unregister()
}

function deleteDatabase(name: string): Promise<void> {
  const deleted = settled(indexedDB.deleteDatabase(name)).then(() => undefined)
  return timeout(DELETE_LIMIT_MS, deleted, undefined)
}

/** Whether a database holds nothing, or does not exist; asking does not make it. False where that cannot be told. */
async function isUnused(name: string): Promise<boolean> {
  const opening = indexedDB.open(name)
  let isAbsent = false
  opening.addEventListener('upgradeneeded', () => {
    isAbsent = true
    opening.transaction?.abort()
  })
  const db = await timeout(DELETE_LIMIT_MS, settled(opening), undefined).catch(() => undefined)
  if (db === undefined) return isAbsent
  try {
    const stores = [...db.objectStoreNames]
    if (stores.length === 0) return true
    const transaction = db.transaction(stores)
    const counts = await Promise.all(stores.map((store) => settled(transaction.objectStore(store).count())))
    return counts.every((count) => count === 0)
  } finally {
    db.close()
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('the browser gave no reason')))
  })
}
