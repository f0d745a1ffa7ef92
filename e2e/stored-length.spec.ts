import { gzipSync } from 'node:zlib'
import { expect, test } from './support/test.ts'

const TEXT = JSON.stringify({ filler: 'größe'.repeat(40_000) })
const LENGTH = Buffer.byteLength(TEXT)

/** What an XHR of a page hears of the progress of an answer. */
interface Progress {
  readonly cacheStatus: string | null
  readonly coding: string | null
  readonly length: string | null
  /** Of each `progress` event. */
  readonly computable: readonly boolean[]
  readonly total: number
  readonly loaded: number
  readonly text: string
}

/** Runs in the page. */
function progressOf(url: string): Promise<Progress> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const computable: boolean[] = []
    request.addEventListener('progress', (event) => computable.push(event.lengthComputable))
    request.addEventListener('error', () => reject(new Error('The request failed')))
    request.addEventListener('load', ({ total, loaded }) =>
      resolve({
        cacheStatus: request.getResponseHeader('cache-status'),
        coding: request.getResponseHeader('content-encoding'),
        length: request.getResponseHeader('content-length'),
        computable,
        total,
        loaded,
        text: request.responseText,
      }),
    )
    request.open('GET', url)
    request.send()
  })
}

const CODINGS = [
  ['as it is', {}, TEXT],
  ['compressed', { 'content-encoding': 'gzip' }, gzipSync(TEXT)],
] as const

for (const [how, fields, body] of CODINGS) {
  test(`an XHR can show the progress of a stored answer that came ${how}`, async ({ origin, open }) => {
    origin.on('/api/fresh/1', (_request, response) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...fields }
      response.writeHead(200, headers).end(body)
    })
    const page = await open()
    await page.evaluate(async () => (await fetch('/api/fresh/1')).text())
    await expect
      .poll(async () => (await page.evaluate(progressOf, '/api/fresh/1')).cacheStatus)
      .toMatch(/^Freshlayer; hit/)
    const { computable, ...progress } = await page.evaluate(progressOf, '/api/fresh/1')
    expect(progress).toMatchObject({ coding: null, length: String(LENGTH), total: LENGTH, loaded: LENGTH, text: TEXT })
    expect(computable.length).toBeGreaterThan(0)
    expect(computable.filter((isComputable) => !isComputable)).toEqual([])
  })
}
