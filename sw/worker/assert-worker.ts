import { worker } from './scope.ts'

/**
 * @param call what was called.
 * @throws TypeError outside of a service worker.
 */
export function assertWorker(call: string, scope: unknown = worker): void {
  if (scope !== worker || !('skipWaiting' in worker)) throw new TypeError(`${call} belongs in a service worker`)
}
