import { existsSync, statSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { join } from 'node:path'

/** What is tried: an app that runs at an origin, or a folder of built files. */
export type Target =
  | { readonly kind: 'origin'; readonly origin: URL; readonly path: string }
  | { readonly kind: 'folder'; readonly folder: string }

/**
 * What an argument of the command names. An address may have a path: the page to begin with.
 *
 * @throws where it is neither an address of http or https nor a folder with a document.
 */
export function targetOf(given: string): Target {
  const hasScheme = /^https?:\/\//i.test(given)
  if (!hasScheme && existsSync(given) && statSync(given).isDirectory()) {
    if (!existsSync(join(given, 'index.html'))) throw new Error(`${given} has no index.html: ${NAME_ONE}`)
    return { kind: 'folder', folder: given }
  }
  const address = hasScheme ? given : /^[\w.-]+:\d+(\/|$)/.test(given) ? `http://${given}` : ''
  if (!URL.canParse(address)) throw new Error(`${given} is no address and no folder: ${NAME_ONE}`)
  const { origin, pathname, search } = new URL(address)
  return { kind: 'origin', origin: new URL(origin), path: pathname + search }
}

const NAME_ONE =
  'name the address of an app that runs, such as http://localhost:5173, or the folder that your build writes'

/**
 * Asks an origin for its first page.
 *
 * @throws in one line, where it does not answer: why, and what to do about it.
 */
export async function expectAnswer(origin: URL, timeoutMs = 10_000): Promise<void> {
  const send = origin.protocol === 'https:' ? requestHttps : requestHttp
  const problem = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    const request = send(origin, { headers: { accept: 'text/html' }, timeout: timeoutMs }, (response) => {
      response.destroy()
      resolve(undefined)
    })
    request.on('timeout', () => request.destroy(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })))
    request.on('error', resolve)
    request.end()
  })
  if (problem !== undefined) throw new Error(whyNot(origin, problem))
}

const BROKEN_OFF = /^(?:ECONNRESET|EPIPE|ECONNABORTED)$/

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/

/**
 * One line on an origin that cannot be asked: why, and what to do about it.
 *
 * @param hasAnswered whether it has answered before, so that its address is right. Default: no.
 */
export function whyNot(
  { origin, host, hostname }: URL,
  problem: NodeJS.ErrnoException,
  hasAnswered: boolean = false,
): string {
  // A name with two addresses has an error for each.
  const { code = '', message } =
    problem instanceof AggregateError ? (problem.errors[0] as NodeJS.ErrnoException) : problem
  if (CERTIFICATE.test(code))
    return `${origin} has a certificate that Node does not trust (${message}): name the file of its authority in NODE_EXTRA_CA_CERTS`
  if (code === 'ECONNREFUSED') return `nothing answers at ${origin}: start the app first`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `there is no host ${hostname}: look at the address`
  if (code === 'ETIMEDOUT') return `${origin} does not answer in time`
  if (code === 'EPROTO') return `${origin} does not speak https: try http://${host}`
  if (hasAnswered && BROKEN_OFF.test(code))
    return `${origin} broke off in the middle of a request: look at what the app's terminal says`
  if (hasAnswered && code.startsWith('HPE_'))
    return `${origin} answers a request with what is no HTTP: look at what the app's terminal says`
  if (code === 'ECONNRESET' || code.startsWith('HPE_'))
    return `${origin} does not speak http (${message}): try https://${host}`
  return `${origin} cannot be asked: ${message}`
}
