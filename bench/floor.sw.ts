import { payloadOf, STORED } from './payload.ts'
import { answerWith, takeOver } from './worker-scope.ts'

/** Made at the first request for each: a worker that has just been started pays for the bytes it is asked for only. */
const payloads = new Map<string, Uint8Array<ArrayBuffer> | undefined>()

takeOver()
answerWith(({ url }) => {
  const { pathname } = new URL(url)
  if (!pathname.startsWith(STORED)) return undefined
  const bytes = payloads.get(pathname) ?? payloadOf(pathname)
  if (bytes === undefined) return undefined
  payloads.set(pathname, bytes)
  return new Response(bytes, { headers: { 'content-type': 'application/json' } })
})
