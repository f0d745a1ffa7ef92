import type * as Worker from './index.ts'

// What Node gets in place of `freshlayer/sw`, as under server rendering or in tests: what is in there needs a worker's global
// object as soon as it is imported. Importing this is safe, and a call says what is wrong.

export const freshlayer: typeof Worker.freshlayer = () => refuse('freshlayer(config)')

export const attach: typeof Worker.attach = () => refuse('attach(self, config)')

export const collections: typeof Worker.collections = () => refuse('collections')

export const outbox: typeof Worker.outbox = () => refuse('outbox')

function refuse(call: string): never {
  throw new TypeError(`${call} belongs in a service worker. This is Node: bundle the worker's script for the browser`)
}
