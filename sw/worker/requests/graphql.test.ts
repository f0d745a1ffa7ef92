import { describe, expect, it } from 'vitest'
import { isQuery } from './graphql.ts'

const QUERY = 'query votes { votes { id } }'
const MUTATION = 'mutation vote { vote(id: 1) { id } }'
const body = (...requests: object[]): string => JSON.stringify(requests.length === 1 ? requests[0] : requests)

describe('a GraphQL request is a read', () => {
  it.each([
    ['a query', body({ query: QUERY })],
    ['a query without the word', body({ query: '{ votes { id } }' })],
    [
      'a query with variables, comments and fragments',
      body({ query: `# mutation {\n${QUERY} fragment mutation on Vote { id }` }),
    ],
    [
      'a query whose text says mutation',
      body({ query: 'query { search(text: "mutation { x }", block: """mutation""") { id } }' }),
    ],
    ['the query that is named of several operations', body({ query: `${QUERY} ${MUTATION}`, operationName: 'votes' })],
    ['a query by an empty name', body({ query: QUERY, operationName: null })],
    ['several queries', body({ query: QUERY }, { query: '{ a }' })],
  ])('%s', (_, text) => expect(isQuery(text)).toBe(true))
})

describe('a GraphQL request is not surely a read', () => {
  it.each([
    ['a mutation', body({ query: MUTATION })],
    ['a subscription', body({ query: 'subscription { votes { id } }' })],
    ['the mutation that is named', body({ query: `${QUERY} ${MUTATION}`, operationName: 'vote' })],
    ['several operations, and none named', body({ query: `${QUERY} ${MUTATION}` })],
    ['an operation that is not there', body({ query: QUERY, operationName: 'other' })],
    ['a mutation among queries', body({ query: QUERY }, { query: MUTATION })],
    ['no operation', body({ query: 'fragment a on Vote { id }' })],
    ['an empty list', '[]'],
  ])('%s', (_, text) => expect(isQuery(text)).toBe(false))

  it.each([
    [
      'a persisted query, of which only the server knows',
      body({ extensions: { persistedQuery: { sha256Hash: 'a' } } }),
    ],
    ['what is no GraphQL', body({ query: 'SELECT 1' })],
    ['what is no JSON', 'query=1'],
    ['nothing', ''],
    ['null', 'null'],
  ])('%s', (_, text) => expect(() => isQuery(text)).toThrow())
})
