import { type Exchange, type Expected, type Fields, httpDate, type Instant, type Reply, type Sent } from './row.ts'

/** What a page's fetch came to. */
export interface Got {
  /** Why there is no answer at all. */
  readonly error?: string
  /** The body broke off. */
  readonly cut?: boolean
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** One request as it reached the origin. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Where and when a row is run: what `{self}`, `{origin}` and relative dates stand for. */
export interface Here {
  readonly self: string
  readonly origin: string
  readonly nowMs: number
}

/** What an answer is not as it was expected to be; empty when it holds. */
export function differences(expect: Expected, got: Got, here: Here): string[] {
  if (expect.error === true) return got.error === undefined ? [`expected an error, seen ${got.status} ${got.body}`] : []
  if (got.error !== undefined) return [`seen ${got.error}`]
  const status = ours(got.headers['cache-status'])
  return [
    ...(expect.status !== undefined && expect.status !== got.status
      ? [`expected status ${expect.status}, seen ${got.status}`]
      : []),
    ...(expect.cut === true && got.cut !== true ? [`expected a body that breaks off, seen "${got.body}"`] : []),
    ...(expect.cut !== true && got.cut === true ? ['the body broke off'] : []),
    ...(expect.body !== undefined && got.cut !== true && expect.body !== got.body
      ? [`expected body "${expect.body}", seen "${got.body}"`]
      : []),
    ...fieldDifferences(expect.headers, got.headers, '', here),
    ...statusDifferences(expect.cacheStatus, status),
  ]
}

/** The same for what has reached the origin. */
export function requestDifferences(
  expected: Expected['sent'],
  exchange: Exchange,
  received: readonly Received[],
  here: Here,
): string[] {
  if (expected === undefined) return []
  const requests = expected === false ? [] : 'length' in expected ? expected : [expected]
  if (requests.length !== received.length) {
    const seen = received.map((request) => described(request, here))
    return [`expected ${requests.length} requests to the origin, seen ${seen.length}: ${seen.join(' | ')}`]
  }
  return received.flatMap((request, index) => {
    const { method = exchange.request?.method ?? 'GET', headers }: Sent = requests[index]!
    return [
      ...(method === request.method ? [] : [`expected the origin to be asked by ${method}, seen ${request.method}`]),
      ...fieldDifferences(headers, request.headers, 'request ', here),
    ]
  })
}

function fieldDifferences(
  expected: Expected['headers'],
  seen: Record<string, unknown>,
  whose: string,
  here: Here,
): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) => {
    if (value !== null && typeof value === 'object' && 'contains' in value) {
      const holds = String(seen[name] ?? '').includes(value.contains)
      return holds ? [] : [`expected ${whose}${name} with ${value.contains}, seen ${seen[name] ?? 'none'}`]
    }
    const wanted = value === null ? undefined : rendered(value, here)
    return wanted === seen[name] ? [] : [`expected ${whose}${name}: ${wanted ?? 'none'}, seen ${seen[name] ?? 'none'}`]
  })
}

function rendered(value: string | Instant, { self, origin, nowMs }: Here): string {
  if (typeof value !== 'string') return httpDate(value, nowMs)
  return value.replaceAll('{self}', self).replaceAll('{origin}', origin)
}

function described({ method, path, headers }: Received, { self }: Here): string {
  const told = ['if-none-match', 'if-modified-since', 'range'].flatMap((name) =>
    headers[name] === undefined ? [] : [`${name}: ${String(headers[name])}`],
  )
  return [method, path.replace(self, '') || '(self)', ...told].join(' ')
}

/** Our member of a `Cache-Status`, which is the last one; the whole field where it is not. */
const ours = (field: string | undefined): string | undefined => /(?:^|, )(Freshlayer\b[^,]*)$/.exec(field ?? '')?.[1]

function statusDifferences(expected: Expected['cacheStatus'], seen: string | undefined): string[] {
  if (expected === undefined) return []
  if (expected === null) return seen === undefined ? [] : [`expected no Cache-Status of ours, seen ${seen}`]
  return [expected].flat().flatMap((part) => {
    const holds = part.startsWith('!') ? seen?.includes(part.slice(1)) !== true : seen?.includes(part) === true
    return holds ? [] : [`expected Cache-Status with ${part}, seen ${seen ?? 'none'}`]
  })
}

/** The field lines of a reply as they go out: with `Date` and `Content-Length` where the row leaves them to us. */
export function fieldLines(
  { status = 200, headers = {}, body = '', cut }: Omit<Reply, 'cut'> & { readonly cut?: boolean | undefined },
  here: Here,
): [name: string, value: string][] {
  const isEmpty = status === 204 || status === 304
  const fields: Fields = {
    date: { inSeconds: 0 },
    ...(isEmpty ? {} : { 'content-length': String(new TextEncoder().encode(body).length + (cut === true ? 10 : 0)) }),
    ...headers,
  }
  return Object.entries(fields).flatMap(([name, value]) =>
    value === null
      ? []
      : (Array.isArray(value) ? value : [value]).map((line): [string, string] => [name, rendered(line, here)]),
  )
}
