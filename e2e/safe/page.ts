import { connect, type Freshlayer } from '../../app/tab/index.ts'
import { type Step, type Thing, THINGS } from './plan.ts'

declare global {
  interface Window {
    layer: Freshlayer
    /** Takes a step, and says what about it should not have been. */
    take(step: Step): Promise<string[]>
    /** Whether these things have reached the store: it is behind the answers. */
    areStored(things: readonly Thing[]): Promise<boolean>
    /** Unhandled rejections in this page. */
    unhandled: string[]
  }
}

/** Longer than all of the layer's own limits together: 1 s to open, 1 s to find, 0.5 s to announce. */
const LIMIT_MS = 4000

window.unhandled = []
addEventListener('unhandledrejection', ({ reason }) => window.unhandled.push(String(reason)))
// What a page says in development asks the worker as well, and would be part of what is counted.
window.layer = connect({ development: false })

/** The newest version that an answered write has made: nothing older may be read from now on (I1). */
let floor = 0

window.take = async (step) => {
  if ('together' in step) return (await Promise.all(step.together.map((step) => window.take(step)))).flat()
  if ('pauseMs' in step) {
    await new Promise((resolve) => setTimeout(resolve, step.pauseMs))
    return []
  }
  if ('invalidate' in step) {
    const { version } = (await (await fetch('/changed', { method: 'POST' })).json()) as { version: number }
    // Where the layer says that it could not, the app knows.
    return told(() => window.layer.invalidate({ tags: ['things'] }).then(() => rise(version)))
  }
  if ('remove' in step) {
    return told(() => window.layer.remove(step.remove === 'all' ? { all: true } : { tags: ['things'] }))
  }
  if ('clear' in step) return fetched('/api/things/clearing', {}).then(({ problems }) => problems)
  if ('write' in step) {
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    const { problems, version } = await fetched('/api/things', init)
    rise(version)
    return problems
  }
  const before = floor
  const { problems, version, filler, how } = await fetched(`/api/things/${step.read}`, {})
  if (problems.length > 0) return problems
  if (version < before)
    return [`read ${step.read}: version ${version} after the answer to write ${before} (I1): ${how}`]
  return filler === THINGS[step.read] ? [] : [`read ${step.read}: ${filler} bytes instead of ${THINGS[step.read]}`]
}

window.areStored = async (things) => {
  const states = await Promise.all(things.map((thing) => window.layer.explain(`/api/things/${thing}`)))
  return states.every(({ state }) => state !== 'absent')
}

function rise(version: number): void {
  floor = Math.max(floor, version)
}

interface Fetched {
  readonly problems: string[]
  readonly version: number
  readonly filler: number
  readonly how: string
}

async function fetched(path: string, init: RequestInit): Promise<Fetched> {
  const nothing = { version: 0, filler: 0, how: '' }
  const what = `${init.method === undefined ? 'read' : 'write'} ${path.split('/').at(-1)}`
  try {
    const response = await fetch(path, { ...init, signal: AbortSignal.timeout(LIMIT_MS) })
    const how = response.headers.get('cache-status') ?? 'no Cache-Status'
    const text = await response.text()
    if (response.status !== 200) return { ...nothing, problems: [`${what}: ${response.status} (I6): ${how}`] }
    const { version, filler } = JSON.parse(text) as { version: number; filler: string }
    return { problems: [], version, filler: filler.length, how }
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    const problem = isLate ? `no answer in ${LIMIT_MS} ms` : String(error)
    return { ...nothing, problems: [`${what}: ${problem} (I6)`] }
  }
}

/** The layer is told something. It may say that it failed; a page that wants to know waits for as long as it likes. */
async function told(tell: () => Promise<unknown>): Promise<string[]> {
  const limit = new Promise((resolve) => setTimeout(resolve, LIMIT_MS))
  await Promise.race([tell().catch(() => undefined), limit])
  return []
}
