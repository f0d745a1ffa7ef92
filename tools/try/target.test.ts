import { createServer as createHttpsServer } from 'node:https'
import { createServer } from 'node:http'
import { createServer as createNetServer } from 'node:net'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SELF_SIGNED } from './self-signed.fixture.ts'
import { expectAnswer, targetOf } from './target.ts'

describe('what is tried', () => {
  it.each([
    ['http://localhost:5173', 'http://localhost:5173', '/'],
    ['https://app.example/shop/?a=b', 'https://app.example', '/shop/?a=b'],
    ['localhost:5173/app/', 'http://localhost:5173', '/app/'],
    ['127.0.0.1:80', 'http://127.0.0.1', '/'],
  ])('is an origin: %s', (given, origin, path) => {
    expect(targetOf(given)).toEqual({ kind: 'origin', origin: new URL(origin), path })
  })

  it('is a folder with a document', () => {
    const folder = mkdtempSync(join(tmpdir(), 'freshlayer-target-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, 'dist'))
    expect(() => targetOf(join(folder, 'dist'))).toThrow(
      /dist has no index\.html: name the address of an app that runs/,
    )
    writeFileSync(join(folder, 'dist/index.html'), '')
    expect(targetOf(join(folder, 'dist'))).toEqual({ kind: 'folder', folder: join(folder, 'dist') })
  })

  it.each(['nowhere', 'ftp://a.example', 'http://', ''])('is not %s', (given) => {
    expect(() => targetOf(given)).toThrow(/ is no address and no folder: name the address of an app that runs/)
  })
})

describe('an origin that cannot be asked is said in one line', () => {
  /** The port of a server, which is closed when the test has finished. */
  const opened = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
    onTestFinished(() => void server.close())
    return (server.address() as AddressInfo).port
  }
  const lineFor = (address: string): Promise<string> =>
    expectAnswer(new URL(address)).then(
      () => 'answers',
      (error: Error) => error.message,
    )

  it('where it answers nothing is said, also to an error', async () => {
    const port = await opened(createServer((_, response) => response.writeHead(500).end()))
    expect(await lineFor(`http://localhost:${port}`)).toBe('answers')
  })

  it('where nothing listens', async () => {
    const server = createServer()
    const port = await opened(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await lineFor(`http://localhost:${port}`)).toBe(
      `nothing answers at http://localhost:${port}: start the app first`,
    )
  })

  it('where its certificate is its own', async () => {
    const port = await opened(createHttpsServer(SELF_SIGNED, (_, response) => response.end()))
    expect(await lineFor(`https://localhost:${port}`)).toMatch(
      /^https:\/\/localhost:\d+ has a certificate that Node does not trust \(.*self.signed.*\): name the file of its authority in NODE_EXTRA_CA_CERTS$/,
    )
  })

  it('where it speaks the other protocol', async () => {
    const plain = await opened(createServer((_, response) => response.end()))
    expect(await lineFor(`https://localhost:${plain}`)).toBe(
      `https://localhost:${plain} does not speak https: try http://localhost:${plain}`,
    )
    const secure = await opened(createHttpsServer(SELF_SIGNED))
    expect(await lineFor(`http://localhost:${secure}`)).toMatch(/does not speak http .*: try https:/)
  })

  it('where it never answers', async () => {
    const port = await opened(createNetServer((socket) => onTestFinished(() => void socket.destroy())))
    await expect(expectAnswer(new URL(`http://localhost:${port}`), 50)).rejects.toThrow(/does not answer in time$/)
  })
})
