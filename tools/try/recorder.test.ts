import { createHash } from 'node:crypto'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Recorder } from './recorder.ts'

/** A message of HTTP as it comes in, with this body. */
function message(
  fields: Readonly<Record<string, string>>,
  more: Partial<IncomingMessage> = {},
  body = '',
): IncomingMessage {
  const made = Object.assign(new IncomingMessage(new Socket()), { headers: fields, ...more })
  if (body !== '') made.push(body)
  made.push(null)
  return made
}

const asks = (recorder: Recorder, url: string, fields: Readonly<Record<string, string>> = {}) =>
  recorder.begin(message({ 'sec-fetch-dest': 'empty', ...fields }, { method: 'GET', url }))

const JSON_TYPE = { 'content-type': 'application/json' }

/** Records a read and its whole answer. */
async function read(recorder: Recorder, url: string, body: string): Promise<void> {
  const response = message(JSON_TYPE, { statusCode: 200 }, body)
  const before = recorder.recording().exchanges.filter(({ isComplete }) => isComplete).length
  asks(recorder, url).answered(response)
  await vi.waitFor(() =>
    expect(recorder.recording().exchanges.filter(({ isComplete }) => isComplete).length).toBe(before + 1),
  )
}

describe('a recording', () => {
  it('has digests of credentials alone', async () => {
    const recorder = new Recorder('http://app.example')
    const fields = { authorization: 'Bearer secret-1', cookie: 'sid=secret-2; theme=dark', 'x-api-key': 'secret-3' }
    const pending = asks(recorder, '/api?access_token=secret-4', fields)
    pending.answered(message({ 'set-cookie': 'sid=secret-5; Path=/' }, { statusCode: 200 }))
    asks(recorder, '/api?access_token=secret-4', fields)
    const { exchanges } = recorder.recording()
    expect(JSON.stringify(exchanges)).not.toContain('secret-')
    expect(exchanges[0]?.requestHeaders).toEqual(exchanges[1]?.requestHeaders)
    expect(exchanges[0]?.requestHeaders['authorization']).toMatch(/^Bearer \S+$/)
  })

  it('knows the page of a request by its referrer, else takes the newest', () => {
    const recorder = new Recorder('http://app.example')
    const document = (url: string) => recorder.begin(message({ 'sec-fetch-dest': 'document' }, { method: 'GET', url }))
    document('/a')
    document('/b')
    asks(recorder, '/api/1', { referer: 'http://app.example/a' })
    asks(recorder, '/api/2', { referer: 'http://app.example/later' })
    const [a, b, ofA, ofB] = recorder.recording().exchanges.map(({ page }) => page)
    expect([ofA, ofB]).toEqual([a, b])
    expect(a).not.toBe(b)
  })

  it.each([
    [{ 'sec-fetch-dest': 'iframe' }, 'document'],
    [{ 'sec-fetch-dest': 'serviceworker' }, 'script'],
    [{ 'sec-fetch-dest': 'image' }, 'image'],
    [{ 'sec-fetch-dest': 'video' }, 'other'],
    [{ accept: 'text/html,*/*' }, 'document'],
    [{ accept: 'application/json' }, 'fetch'],
  ])('says what has made a request: %j', (fields, initiator) => {
    const recorder = new Recorder('http://app.example')
    recorder.begin(message(fields, { method: 'GET', url: '/' }))
    expect(recorder.recording().exchanges[0]?.initiator).toBe(initiator)
  })

  it('has the digest of each body, and no text of what is long or no text', async () => {
    const recorder = new Recorder('http://app.example')
    const long = 'x'.repeat(256 * 1024 + 1)
    await read(recorder, '/short', '{}')
    await read(recorder, '/long', long)
    const [short, other] = recorder.recording().exchanges.map(({ body }) => body)
    expect(short).toEqual({ bytes: 2, digest: createHash('sha256').update('{}').digest('base64url'), text: '{}' })
    expect(other).toMatchObject({ bytes: long.length, text: undefined })
  })
})

describe('what a recorder holds is bounded', () => {
  it('drops the oldest texts, and keeps their digests', async () => {
    const recorder = new Recorder('http://app.example', { texts: 1000 })
    for (const letter of 'abcd') await read(recorder, `/${letter}`, JSON.stringify(letter.repeat(398)))
    const bodies = recorder.recording().exchanges.map(({ body }) => body)
    expect(bodies.map((body) => body?.text?.[1])).toEqual([undefined, undefined, 'c', 'd'])
    expect(bodies.every((body) => body?.bytes === 400)).toBe(true)
  })

  it('holds equal texts once, however often they come', async () => {
    const recorder = new Recorder('http://app.example', { texts: 1000 })
    const text = JSON.stringify('x'.repeat(598))
    for (let count = 0; count < 20; count++) await read(recorder, '/same', text)
    expect(recorder.recording().exchanges.every(({ body }) => body?.text === text)).toBe(true)
  })

  it('counts on after the last request that it takes', () => {
    const recorder = new Recorder('http://app.example', { exchanges: 20_000 })
    for (let count = 0; count < 20_003; count++) asks(recorder, `/api/${count}`)
    expect([recorder.recording().exchanges.length, recorder.requests, recorder.unrecorded]).toEqual([20_000, 20_003, 3])
  })
})
