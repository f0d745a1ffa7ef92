import { text } from 'node:stream/consumers'
import { expect, test } from './support/test.ts'

test('queries and mutations of one path: queries are cached, each mutation reaches the server', async ({
  origin,
  open,
}) => {
  let votes = 0
  const asked: string[] = []
  origin.on('/graphql', async (request, response) => {
    const { query } = JSON.parse(await text(request)) as { query: string }
    asked.push(query)
    if (query.startsWith('mutation')) votes++
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { votes } }))
  })
  const page = await open()
  const ask = (query: string): Promise<string> =>
    page.evaluate(async (query) => {
      const headers = { 'content-type': 'application/json' }
      const response = await fetch('/graphql', { method: 'POST', headers, body: JSON.stringify({ query }) })
      return `${await response.text()} ${response.headers.get('cache-status')}`
    }, query)
  const [query, mutation] = ['{ votes }', 'mutation { vote }']

  await ask(query)
  expect(await ask(query)).toMatch(/^\{"data":\{"votes":0\}\} Freshlayer; hit/)
  const answers = await Promise.all([ask(mutation), ask(mutation)])
  expect(answers.map((answer) => answer.slice(0, 20)).toSorted()).toEqual([
    '{"data":{"votes":1}}',
    '{"data":{"votes":2}}',
  ])
  expect(await ask(query)).toMatch(/^\{"data":\{"votes":2\}\} Freshlayer; fwd/)
  expect(await ask(query)).toMatch(/^\{"data":\{"votes":2\}\} Freshlayer; hit/)
  expect(asked).toEqual([query, mutation, mutation, query])
})
