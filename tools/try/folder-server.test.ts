import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serveFolder } from './folder-server.ts'

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/** What a server on this machine answers to a request that names a host. */
const answer = (port: string, path: string, host: string): Promise<{ status: number | undefined; body: string }> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += String(chunk)))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
      .on('error', reject)
      .end()
  })

describe('a folder and its API', () => {
  it('answer to their own address, and to no name of another site that leads here', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshlayer-folder-'))
    writeFileSync(join(folder, 'a.js'), 'files')
    const api = createServer((_, response) => response.end('data'))
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const { port } = api.address() as AddressInfo
    const { server, origin } = await serveFolder(folder, new URL(`http://127.0.0.1:${port}`))
    onTestFinished(async () => {
      await closed(server)
      await closed(api)
      rmSync(folder, { recursive: true })
    })
    expect(await answer(origin.port, '/a.js', origin.host)).toEqual({ status: 200, body: 'files' })
    expect(await answer(origin.port, '/api', origin.host)).toEqual({ status: 200, body: 'data' })
    for (const path of ['/a.js', '/api'])
      expect(await answer(origin.port, path, `evil.example:${origin.port}`)).toEqual({ status: 403, body: '' })
  })
})
