interface FetchEvent extends Event {
  readonly request: Request
  respondWith(answer: Response | Promise<Response>): void
}

interface ExtendableEvent extends Event {
  waitUntil(work: Promise<unknown>): void
}

/** What the bench's own workers use of their global object; the program they compile in knows a page's only. */
interface Scope {
  readonly clients: { claim(): Promise<void> }
  skipWaiting(): Promise<void>
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
  addEventListener(type: 'install' | 'activate', listener: (event: ExtendableEvent) => void): void
}

const worker = globalThis as unknown as Scope

/** Takes over the page at once, so that it need not be loaded again. */
export function takeOver(): void {
  worker.addEventListener('install', (event) => event.waitUntil(worker.skipWaiting()))
  worker.addEventListener('activate', (event) => event.waitUntil(worker.clients.claim()))
}

/** Answers a request where `answer` gives something, and leaves it alone where it gives undefined. */
export function answerWith(answer: (request: Request) => Response | undefined): void {
  worker.addEventListener('fetch', (event) => {
    const response = answer(event.request)
    if (response !== undefined) event.respondWith(response)
  })
}
