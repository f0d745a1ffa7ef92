import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { toFastify } from './fastify.ts'
import type { Handler } from './handler.ts'
import { toHono } from './hono.ts'
import { toNode } from './node.ts'

const closing: (() => unknown)[] = []
/** Ends the servers that have been started. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0)) await close()
}

const listening = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    closing.push(() => {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    })
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
  })

/** Each framework as a backend has it: a user on its own request, a parser of bodies, the handler at `/api/kit`. */
export const FRAMEWORKS: Readonly<Record<string, (handler: Handler) => Promise<string>>> = {
  'node:http': (handler) =>
    listening(createServer((request, response) => toNode(handler)(Object.assign(request, { user: 'ada' }), response))),
  Express: (handler) => {
    const app = express()
    app.use((request, _response, next) => {
      Object.assign(request, { user: 'ada' })
      next()
    })
    app.use('/api/kit', toNode(handler))
    app.use((_error: unknown, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(500).send('of the app')
    })
    return listening(createServer(app))
  },
  'Express with express.json()': (handler) => {
    const app = express()
    app.use(express.json(), (request, _response, next) => {
      Object.assign(request, { user: 'ada' })
      next()
    })
    app.all('/api/kit{/*path}', toNode(handler))
    return listening(createServer(app))
  },
  Fastify: async (handler) => {
    const app = fastify({ forceCloseConnections: true })
    closing.push(() => app.close())
    app.addHook('onRequest', async (request, reply) => {
      Object.assign(request, { user: 'ada' })
      void reply.header('x-hook', 'kept')
    })
    app.all('/api/kit', toFastify(handler))
    app.all('/api/kit/*', toFastify(handler))
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  'Fastify that leaves bodies as they are': async (handler) => {
    const app = fastify({ forceCloseConnections: true })
    closing.push(() => app.close())
    app.addHook('onRequest', async (request) => void Object.assign(request, { user: 'ada' }))
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/api/kit', toFastify(handler))
    app.all('/api/kit/*', toFastify(handler))
    return app.listen({ port: 0, host: '127.0.0.1' })
  },
  Hono: (handler) => {
    const app = new Hono<{ Variables: { user: string } }>()
    app.use(async (context, next) => {
      context.set('user', 'ada')
      await next()
    })
    app.all('/api/kit/*', toHono(handler))
    return new Promise((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) =>
        resolve(`http://127.0.0.1:${port}`),
      )
      closing.push(() => new Promise((closed) => server.close(closed)))
    })
  },
}
