import { type Handler, named } from './handler.ts'

/** What the adapter needs of Hono's context. */
export interface HonoLikeContext {
  readonly req: { readonly raw: Request }
}

/**
 * The handler for a route of Hono: `app.all('/sync/*', toHono(sync({ … })))`. `nativeRequest` gives the context, with what other
 * middleware has set.
 */
export const toHono =
  (handler: Handler) =>
  async (context: HonoLikeContext): Promise<Response> =>
    handler(named(context.req.raw, context))
