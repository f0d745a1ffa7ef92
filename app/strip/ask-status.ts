import type { Status, Told } from './status.ts'

/**
 * Asks the proxy; undefined where it does not answer, or not as it should. The layer touches no request of this kind, whatever
 * its rules say, and a POST would be a write to it.
 */
export async function askStatus(url: string, told?: Told): Promise<Status | undefined> {
  const query = told === undefined ? '' : `?told=${encodeURIComponent(JSON.stringify(told))}`
  try {
    const answer = await fetch(url + query, { cache: 'no-store', headers: { accept: 'text/event-stream' } })
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
