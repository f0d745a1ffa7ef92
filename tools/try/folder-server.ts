import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createProxyServer } from 'httpxy'
import sirv from 'sirv'

/**
 * Serves a folder of built files on this machine, as hosts of single-page apps do: a page's path without a file is the app's
 * document. Anything else goes to the API where there is one.
 *
 * @param api the origin of the app's API. Default: none, and then what is no file is a 404.
 */
export async function serveFolder(
  folder: string,
  api?: URL,
): Promise<{ readonly server: Server; readonly origin: URL }> {
  const options = { dev: true, etag: true }
  const files = sirv(folder, options)
  const pages = sirv(folder, { ...options, single: true })
  const proxy = api && createProxyServer({ target: api, changeOrigin: true, agent: false })
  proxy?.on('error', (_error, _request, response) => {
    if (response === undefined) return
    if (!('writeHead' in response)) response.destroy()
    else if (!response.headersSent) response.writeHead(502).end()
  })
  let own: string | undefined
  // Other sites can let their names lead here, and the API would be asked by its own name.
  const isOwn = ({ headers }: IncomingMessage): boolean => headers.host === own
  const handle: RequestListener = (request, response) => {
    if (!isOwn(request)) return void response.writeHead(403).end()
    const missing = (): void => {
      if (proxy !== undefined) void proxy.web(request, response)
      else response.writeHead(404).end()
    }
    const isPage = request.headers['sec-fetch-mode'] === 'navigate' || request.headers.accept?.startsWith('text/html')
    if (request.method !== 'GET' && request.method !== 'HEAD') return missing()
    files(request, response, () => (isPage ? pages(request, response, missing) : missing()))
  }
  const server = createServer(handle)
  server.on('upgrade', (request, socket, head) => {
    // The sockets of `http` servers are those of `net`.
    if (proxy === undefined || !isOwn(request) || !('setNoDelay' in socket)) socket.destroy()
    else void proxy.ws(request, socket as never, {}, head)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  own = `127.0.0.1:${port}`
  return { server, origin: new URL(`http://127.0.0.1:${port}`) }
}
