import type { ServerResponse } from 'node:http'
import type { Handler } from './handler.ts'
import { answer, type NodeRequest } from './node.ts'

/** What the adapter needs of Fastify's request. */
export interface FastifyLikeRequest {
  readonly raw: NodeRequest
  readonly body?: unknown
  readonly originalUrl?: string
}

/** What the adapter needs of Fastify's reply. */
export interface FastifyLikeReply {
  readonly raw: ServerResponse
  hijack(): unknown
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>
}

/**
 * The handler for a route of Fastify: `fastify.all('/sync', toFastify(sync({ … })))`, and `/sync/*` where it has paths below.
 * The body that Fastify has parsed is handed on, and so are the fields that other hooks have set.
 */
export function toFastify(handler: Handler): (request: FastifyLikeRequest, reply: FastifyLikeReply) => Promise<void> {
  return async (request, reply) => {
    const prepared = async (given: Request): Promise<Response> => {
      // What it throws before the answer is Fastify's to answer.
      const response = await handler(given)
      reply.hijack()
      for (const [name, value] of Object.entries(reply.getHeaders()))
        if (value !== undefined) reply.raw.setHeader(name, value)
      return response
    }
    await answer(prepared, request.raw, reply.raw, request, request.body)
  }
}
