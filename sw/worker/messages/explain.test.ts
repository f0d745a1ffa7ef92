import { expect, it, vi } from 'vitest'
import { ROW_SHAPE, type Row } from '../../core/row.ts'
import { bytes, epochMs } from '../../core/units.ts'

vi.stubGlobal('self', globalThis)
vi.stubGlobal('location', new URL('https://app.test/sw.js'))
const { explain } = await import('./explain.ts')

const URL_ASKED = 'https://app.test/api/products/1'

function stored(tags: readonly string[]): Row {
  const atMs = epochMs(Date.now())
  return {
    shape: ROW_SHAPE,
    key: 'key',
    variant: '',
    partition: 'everyone',
    rule: 'products',
    tags,
    url: URL_ASKED,
    request: { method: 'GET', fields: new Map(), credentials: 'same-origin', body: undefined },
    status: 200,
    statusText: '',
    fields: new Map([['date', new Date(atMs).toUTCString()]]),
    targeted: undefined,
    sequence: 1 as never,
    requestedAtMs: atMs,
    receivedAtMs: atMs,
    storedAtMs: atMs,
    digest: 'digest',
    size: bytes(2),
    body: undefined as never,
    bodyAt: 1 as never,
  }
}

const told = async (rows: readonly Row[]): Promise<readonly string[] | undefined> => {
  const rule = { name: 'products', fresh: 300, stale: 0, offline: 0, ignoreQuery: [], public: true }
  const ports = {
    match: () => ({ kind: 'read', rule, tags: ['products'], params: {} }),
    urlOf: (url: string) => url,
    identity: { partitionsOf: () => Promise.resolve(['everyone']) },
    rows: { rowsOf: () => Promise.resolve(rows) },
    obstacles: { of: () => undefined },
    log: { isInvalidated: () => false },
    files: undefined,
    writer: { lostAtMs: -Infinity },
    attention: { lastOf: () => undefined },
    identifiedBy: [],
  }
  return (await explain(ports as never, { ask: 'explain', url: URL_ASKED }, 'a tab')).tags
}

it('a stored answer is told with the groups that its fields name, beside the tags of its rule', async () => {
  expect(await told([stored(['products', 'shelf-7'])])).toEqual(['products', 'shelf-7'])
})

it('a URL of which nothing is stored has the tags of its rule', async () => {
  expect(await told([])).toEqual(['products'])
})

it('an answer that rules of before have stored is told with the tags that its rule has now', async () => {
  expect(await told([stored(['shelf-7'])])).toEqual(['shelf-7', 'products'])
})
