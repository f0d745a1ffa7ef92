import type { Entry, Har } from 'har-format'

/** What browsers add to an entry of a HAR. */
type Written = Partial<Omit<Entry, 'request' | 'response'>> & {
  readonly request?: Partial<Entry['request']>
  readonly response?: Partial<Entry['response']> & { readonly _transferSize?: number; readonly _error?: string | null }
  readonly _fetchType?: string
}

export const BEGIN = '2026-11-30T10:00:00.000Z'

/** An entry as Chromium writes it: a GET for JSON by `fetch`, unless a test says otherwise. */
export function entry(url: string, { request, response, ...written }: Written = {}): Entry {
  return {
    startedDateTime: BEGIN,
    time: 12.5,
    _resourceType: 'fetch',
    cache: {},
    timings: { send: 0, wait: 10, receive: 2.5 },
    serverIPAddress: '127.0.0.1',
    request: {
      method: 'GET',
      url,
      httpVersion: 'HTTP/1.1',
      headers: [],
      queryString: [],
      cookies: [],
      headersSize: -1,
      bodySize: 0,
      ...request,
    },
    response: {
      status: 200,
      statusText: 'OK',
      httpVersion: 'HTTP/1.1',
      headers: [{ name: 'Content-Type', value: 'application/json' }],
      cookies: [],
      content: { size: 2, mimeType: 'application/json', text: '{}' },
      redirectURL: '',
      headersSize: -1,
      bodySize: -1,
      ...response,
    },
    ...written,
  }
}

/** @param creator `WebInspector` is Chromium's. */
export const har = (entries: readonly Entry[], creator = 'Firefox'): Har => ({
  log: { version: '1.2', creator: { name: creator, version: '1' }, pages: [], entries: [...entries] },
})
