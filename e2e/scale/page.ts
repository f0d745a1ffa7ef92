import { connect, type Freshlayer, observe } from '../../app/tab/index.ts'
import { bearer } from '../support/bearer.ts'
import { inLanes } from '../support/in-lanes.ts'

/** How a set of reads is asked for, and what is right. */
export interface Reading {
  /** So many at once. */
  readonly parallel: number
  /** Whose token goes along. Default: no token. */
  readonly user?: string
  /** A read without an answer by then has failed. Default: 30 s. */
  readonly limitMs?: number
  /** The newest write that has been answered: an older version is wrong (I1). Default: 1. */
  readonly version?: number
}

/** What a set of reads has come to. */
export interface Result {
  readonly answered: number
  /** Answered from store without a question to the origin. */
  readonly hits: number
  readonly slowestMs: number
  /** The paths that got no answer, the first few of them with the reason. */
  readonly failed: readonly string[]
  readonly failures: readonly string[]
  /** Answers with bytes of another path, another user, or from before a write. */
  readonly wrong: readonly string[]
}

declare global {
  interface Window {
    layer: Freshlayer
    /** Whether this page lets a newer worker take over. */
    agrees: boolean
    /** Answers that reads of this page have got. */
    answers: number
    readAll(paths: readonly string[], reading: Reading): Promise<Result>
    /** Observes the paths from now on. */
    observeAll(paths: readonly string[]): void
    /** Of these paths, those whose observer does not see this version: with what it sees instead. */
    notSeen(paths: readonly string[], version: number): readonly string[]
    /** Sends the writes, so many at once, and gives how many were answered with success. */
    writeAll(paths: readonly string[], parallel: number, method?: string, user?: string): Promise<number>
  }
}

const LIMIT_MS = 30_000
const EXAMPLES = 5

window.agrees = true
window.answers = 0
// What a page says in development asks the worker as well, and would be part of what is counted.
window.layer = connect({ development: false, mayUpdate: () => window.agrees })

window.readAll = async (paths, { parallel, user, limitMs = LIMIT_MS, version = 1 }) => {
  const init = user === undefined ? {} : { headers: bearer(user) }
  const failed: string[] = []
  const failures: string[] = []
  const wrong: string[] = []
  let [answered, hits, slowestMs] = [0, 0, 0]
  await inLanes(paths, parallel, async (path) => {
    const began = performance.now()
    try {
      const response = await fetch(path, { ...init, signal: AbortSignal.timeout(limitMs) })
      const body = (await response.json()) as { path: string; version: number; user: string }
      const how = response.headers.get('cache-status') ?? 'no Cache-Status'
      answered++
      window.answers++
      if (how.includes('Freshlayer; hit')) hits++
      // Without the origin an answer from before a write may stand in, if it says so.
      const isNew = body.version >= version || how.includes('detail=offline-before-write')
      const isRight = body.path === path && body.user === (user ?? 'nobody') && isNew
      if (!isRight) wrong.push(`${path}: ${body.path}, version ${body.version}, of ${body.user}: ${how}`)
    } catch (error) {
      failed.push(path)
      if (failures.length < EXAMPLES) failures.push(`${path}: ${String(error)}`)
    }
    slowestMs = Math.max(slowestMs, performance.now() - began)
  })
  return { answered, hits, slowestMs: Math.round(slowestMs), failed, failures, wrong: wrong.slice(0, EXAMPLES) }
}

const observed = new Map<string, string>()
window.observeAll = (paths) => {
  for (const path of paths) {
    observe<{ version: number }>(path, ({ data, error }) =>
      observed.set(path, `version ${data?.version}${error === undefined ? '' : `, ${error.message}`}`),
    )
  }
}
window.notSeen = (paths, version) =>
  paths.flatMap((path) => (observed.get(path) === `version ${version}` ? [] : `${path}: ${observed.get(path)}`))

window.writeAll = async (paths, parallel, method = 'POST', user) => {
  const init = { method, ...(user !== undefined && { headers: bearer(user) }) }
  let written = 0
  await inLanes(paths, parallel, async (path) => {
    if ((await fetch(path, init)).ok) written++
  })
  return written
}
