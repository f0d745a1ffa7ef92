import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { compileRules, type Config, type Write } from '../../config/language/index.ts'
import { honoursKeys } from './keys.ts'

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

interface Sent {
  readonly key: string | undefined
  readonly body: string
  readonly user: string | undefined
}

/** A backend, and the writes that it was sent. */
async function backend(
  answer: (sent: Sent, response: ServerResponse) => void,
): Promise<{ readonly url: string; readonly sent: Sent[] }> {
  const sent: Sent[] = []
  const server = createServer((request, response) => {
    const { 'idempotency-key': key, authorization } = request.headers
    let body = ''
    request.on('data', (part: Buffer) => (body += String(part)))
    request.on('end', () => {
      const one: Sent = { key: String(key), body: `${request.method} ${request.url} ${body}`, user: authorization }
      sent.push(one)
      answer(one, response)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sent }
}

const json = (response: ServerResponse, status: number, body: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

/** How a backend does it that honours keys: the second request finds the first under way, if it is. */
function honouring(running?: number): (sent: Sent, response: ServerResponse) => void {
  const known = new Map<string, number | 'running'>()
  return ({ key = '' }, response) => {
    const before = known.get(key)
    if (before === 'running' && running !== undefined) return json(response, running, {})
    if (typeof before === 'number') return json(response, 201, { data: { id: before, at: Math.random() } })
    known.set(key, running === undefined ? 7 : 'running')
    setTimeout(() => {
      known.set(key, 7)
      json(response, 201, { data: { id: 7, at: Math.random() } })
    }, 30)
  }
}

const WRITE = 'POST /api/sales {"amount":1}'
const ask = (url: string, writes: readonly string[], rule: Partial<Write> = { idempotent: true }) => {
  const config: Config = {
    version: '1',
    identity: 'none',
    routes: [],
    writes: [{ match: ['POST /api/sales', 'PUT /api/sales/:id'], invalidates: [], offline: 'queue', ...rule }],
  }
  const patience = { answerMs: 2000, streamMs: 100 }
  return honoursKeys(compileRules(config), url, { authorization: 'Bearer a' }, patience, writes)
}

describe('whether a backend honours keys', () => {
  it.each([
    ['the second gets the answer of the first', honouring()],
    ['the second is told that the first is under way', honouring(409)],
  ])('it does where %s', async (_, answer) => {
    const { url, sent } = await backend(answer)
    expect(await ask(url, [WRITE])).toEqual([])
    expect(sent).toHaveLength(3)
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1)
    expect(sent[0]).toEqual({
      key: expect.stringMatching(/^"[\w-]{36}"$/) as unknown,
      body: WRITE,
      user: 'Bearer a',
    })
  })

  it('the key has the field and the form of the rule', async () => {
    const { url, sent } = await backend((_, response) => json(response, 200, { id: 1 }))
    expect(await ask(url, [WRITE], { idempotent: { field: 'X-Once', form: 'plain' } })).toEqual([])
    expect(sent[0]?.key).toBe('undefined')
  })

  let rows = 0
  it.each<[string, (sent: Sent, response: ServerResponse) => void, string, string]>([
    ['performs each', (_, response) => json(response, 201, { id: ++rows }), 'problem', 'key-not-honoured'],
    [
      'says where each is, and no more',
      (_, response) => void response.writeHead(201, { location: `/api/sales/${++rows}` }).end(),
      'problem',
      'key-not-honoured',
    ],
    [
      'refuses each but the first for good',
      (_, response) => json(response, ++rows % 3 === 1 ? 201 : 422, { id: 1 }),
      'problem',
      'key-not-replayed',
    ],
    ['says nothing', (_, response) => void response.writeHead(204).end(), 'warning', 'key-unseen'],
    ['refuses the write', (_, response) => json(response, 401, {}), 'warning', 'key-refused'],
    ['breaks off', (_, response) => void response.destroy(), 'warning', 'key-no-answer'],
  ])('a backend that %s', async (_, answer, severity, code) => {
    rows = 0
    const { url } = await backend(answer)
    const [found, ...others] = await ask(url, [WRITE])
    expect([found?.severity, found?.code, others]).toEqual([severity, code, []])
    expect(found?.message).toContain('POST /api/sales')
  })

  it('nothing is sent by a rule that names no key', async () => {
    const { url, sent } = await backend((_, response) => json(response, 201, {}))
    expect((await ask(url, [WRITE], {})).map(({ code }) => code)).toEqual(['key-unused'])
    expect(sent).toEqual([])
  })

  it.each([
    ['POST /api/other {}', 'no rule of this backend queues it'],
    ['/api/sales', 'give a method, a path and a body in JSON'],
    ['POST /api/sales amount=1', 'give a method, a path and a body in JSON'],
  ])('%s is refused in one line', async (write, why) => {
    await expect(ask('http://127.0.0.1:9', [write])).rejects.toThrow(why)
  })
})
