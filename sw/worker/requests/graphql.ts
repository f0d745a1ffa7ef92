import { parse } from '@0no-co/graphql.web'

/**
 * Whether a body (JSON) asks a GraphQL server for queries alone: what each request in it runs is one query. Part of a worker
 * one of whose rules has `reads: 'graphql'`.
 *
 * @throws where the body is no JSON, or holds no GraphQL.
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Request
 */
export function isQuery(body: string): boolean {
  const requests = [JSON.parse(body) as Asked | readonly Asked[]].flat()
  return requests.length > 0 && requests.every(runsQuery)
}

interface Asked {
  readonly query: string
  readonly operationName?: string | null
}

function runsQuery({ query, operationName }: Asked): boolean {
  const run = parse(query, { noLocation: true }).definitions.flatMap((definition) =>
    'operation' in definition && (!operationName || definition.name?.value === operationName)
      ? [definition.operation as string]
      : [],
  )
  return run.length === 1 && run[0] === 'query'
}
