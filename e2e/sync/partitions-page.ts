import { connect, type Freshlayer, observe } from '../../app/tab/index.ts'
import { type Entry, type List, LISTS, type Names } from './sessions.ts'

interface Named {
  readonly id: number
  readonly name: string
}

declare global {
  interface Window {
    layer: Freshlayer
    /** What the page shows. */
    rows: Record<List, Names>
    /** What it has done and shown since the test has last asked. */
    entries: Entry[]
    /** Writes that have no answer yet. */
    pending: number
    readList(list: List): Promise<void>
    writeRow(list: List, id: string, name: string): Promise<void>
  }
}

const namesOf = (rows: readonly Named[]): Names => Object.fromEntries(rows.map(({ id, name }) => [id, name]))
const nowMs = (): number => performance.timeOrigin + performance.now()

window.layer = connect({ push: { url: '/events' }, development: false })
window.rows = { products: {}, parts: {} }
window.entries = []
window.pending = 0

/** Reads as the app does, and notes what came. */
async function noted(list: List, url: string, init?: RequestInit): Promise<Response> {
  const beganMs = nowMs()
  const answer = await fetch(url, init)
  if (!answer.ok) return answer
  const names = namesOf((await answer.clone().json()) as readonly Named[])
  const how = answer.headers.get('cache-status') ?? ''
  window.entries.push({ kind: 'read', list, beganMs, endedMs: nowMs(), names, how })
  return answer
}

for (const list of LISTS)
  observe<readonly Named[]>(
    `/api/${list}`,
    ({ data }) => {
      if (data === undefined) return
      const names = namesOf(data)
      window.rows = { ...window.rows, [list]: names }
      window.entries.push({ kind: 'shown', list, endedMs: nowMs(), names })
    },
    { fetch: (url, init) => noted(list, url, init) },
  )

window.readList = async (list) => {
  // Where the network is broken and nothing is stored that may stand in, nothing is read.
  await noted(list, `/api/${list}`).catch(() => undefined)
}

window.writeRow = async (list, id, name) => {
  const seen = window.rows[list]
  window.pending++
  const isDone = await fetch(`/api/${list}`, { method: 'PUT', body: JSON.stringify({ id: Number(id), name }) }).then(
    ({ ok }) => ok,
    () => false,
  )
  window.pending--
  window.entries.push({ kind: 'write', list, id, name, endedMs: nowMs(), isDone, seen })
}
