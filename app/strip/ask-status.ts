import type { Status, Told } from './status.ts'

/** What the strip tells the proxy as it asks. */
interface Telling {
  /** What the worker has counted. Default: nothing. */
  readonly told?: Told | undefined
  /** Other origins that the page has asked. Default: none. */
  readonly elsewhere?: Iterable<string>
}

/**
 * Asks the proxy; undefined where it does not answer, or not as it should. The layer touches no request of this kind, whatever
 * its rules say, and a POST would be a write to it.
 */
export async function askStatus(url: string, { told, elsewhere = [] }: Telling): Promise<Status | undefined> {
  const query = new URLSearchParams([...elsewhere].map((origin) => ['elsewhere', origin]))
  if (told !== undefined) query.set('told', JSON.stringify(told))
  try {
    const answer = await fetch(`${url}?${query}`, { cache: 'no-store', headers: { accept: 'text/event-stream' } })
    const status: unknown = await answer.json()
    return isStatus(status) ? status : undefined
  } catch {
    return undefined
  }
}

const isStatus = (value: unknown): value is Status =>
  typeof value === 'object' &&
  value !== null &&
  'mode' in value &&
  'requests' in value &&
  typeof value.requests === 'number' &&
  'isReached' in value &&
  'notices' in value &&
  Array.isArray(value.notices)
