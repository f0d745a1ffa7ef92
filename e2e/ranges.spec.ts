import { expect, read, test } from './support/test.ts'

test('two parts asked for at once, both beside what is stored, leave its bytes what they are', async ({
  origin,
  open,
}) => {
  const whole = Buffer.alloc(100_000, 'x')
  const answers: (() => void)[] = []
  origin.on('/api/parts/1', (request, response) => {
    const [, first = '', last = ''] = /bytes=(\d+)-(\d+)/.exec(String(request.headers.range)) ?? []
    const fields = { etag: '"a"', 'content-range': `bytes ${first}-${last}/100000` }
    response.writeHead(206, { 'content-type': 'application/octet-stream', ...fields })
    answers.push(() => response.end(whole.subarray(Number(first), Number(last) + 1)))
    if (answers.length === 1) answers[0]?.()
  })
  const page = await open()
  const part = (range: string) => read(page, '/api/parts/1', { headers: { range: `bytes=${range}` } })
  await part('0-39999')
  await expect.poll(async () => (await part('0-99')).headers['cache-status']).toContain('hit')
  const both = Promise.all([part('40000-59999'), part('40000-79999')])
  // Each asks for itself: what one brings the other may lack.
  await expect.poll(() => answers.length).toBe(3)
  for (const answer of answers.slice(1)) answer()
  for (const { text } of await both) expect(text).toMatch(/^x+$/)
  await expect.poll(async () => (await part('70000-79999')).headers['cache-status']).toContain('hit')
  const first = await part('0-99')
  expect(first.headers['cache-status']).toContain('hit')
  expect(first.text).toBe('x'.repeat(100))
})
