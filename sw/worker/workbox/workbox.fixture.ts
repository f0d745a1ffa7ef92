import { vi } from 'vitest'
import { fakeLocks } from '../store/fake-database.fixture.ts'

// After the globals of the fixture, which stay out of the modules' own.
fakeLocks()

class FakeEvent extends Event {
  readonly behind: Promise<unknown>[] = []
  waitUntil(work: Promise<unknown>): void {
    this.behind.push(work)
  }
}

class FakeFetchEvent extends FakeEvent {
  readonly request: Request
  readonly clientId = 'a tab'
  answer: Promise<Response> | undefined
  constructor(request: Request) {
    super('fetch')
    this.request = request
  }
  respondWith(answer: Promise<Response>): void {
    if (this.answer !== undefined) throw new DOMException('answered twice', 'InvalidStateError')
    this.answer = answer
  }
}

const listeners: ((event: FakeFetchEvent) => void)[] = []
vi.stubGlobal('ExtendableEvent', FakeEvent)
vi.stubGlobal('FetchEvent', FakeFetchEvent)
vi.stubGlobal('skipWaiting', () => Promise.resolve())
vi.stubGlobal('clients', { matchAll: () => Promise.resolve([]), get: () => Promise.resolve() })
vi.stubGlobal('addEventListener', (kind: string, listener: (event: FakeFetchEvent) => void) => {
  if (kind === 'fetch') listeners.push(listener)
})
vi.stubGlobal('__WB_DISABLE_DEV_LOGS', true)

/** What the worker says on the console. */
export const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined)

/** What the origin has received. */
export const sent: Request[] = []
/** The origin. */
export const origin: { respond: (request: Request) => Response | Promise<Response> } = {
  respond: () => Response.error(),
}
vi.stubGlobal('fetch', (request: Request) => {
  sent.push(request)
  return Promise.resolve(request).then(origin.respond)
})

/** A page asks. Undefined: nothing of the worker answers. Settles when the work behind the answer is done, too. */
export async function ask(path: string, init?: RequestInit): Promise<Response | undefined> {
  const event = new FakeFetchEvent(new Request(`https://app.test${path}`, init))
  // Workbox's listener may be the first or the last.
  for (const listener of listeners) {
    listener(event)
    // Between two listeners a browser runs what waits.
    await Promise.resolve()
  }
  const response = await event.answer?.catch((error: unknown) => error as Response)
  for (let done = 0; done < event.behind.length;) {
    const waiting = event.behind.slice(done)
    done += waiting.length
    await Promise.allSettled(waiting)
  }
  return response
}

export const statusOf = (response: Response | undefined): string => response?.headers.get('cache-status') ?? 'none'
export const textOf = async (path: string, init?: RequestInit): Promise<string> => {
  const response = await ask(path, init)
  if (response === undefined) throw new Error(`nothing of the worker answers ${path}`)
  return response.text()
}

/** A write of JSON. */
export const written = (method: string, body: unknown = {}): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})
