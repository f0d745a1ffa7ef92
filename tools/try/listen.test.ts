import { createServer } from 'node:http'
import { createServer as createNetServer, type AddressInfo, type Server } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { listen } from './listen.ts'

const server = (): ReturnType<typeof createServer> => {
  const made = createServer()
  onTestFinished(() => void made.close())
  return made
}

/** A port of this machine that is in use at the given address. */
async function taken(host: string): Promise<number> {
  const other: Server = createNetServer()
  onTestFinished(() => void other.close())
  await new Promise<void>((resolve) => other.listen(0, host, resolve))
  return (other.address() as AddressInfo).port
}

it('takes the given port, on this machine alone', async () => {
  const free = server()
  const port = await listen(free, 0)
  expect(free.address()).toMatchObject({ address: '127.0.0.1', port })
})

it('refuses a given port that is in use, in one line', async () => {
  const port = await taken('127.0.0.1')
  await expect(listen(server(), port)).rejects.toThrow(
    `port ${port} is in use: give another by --port, or none, and the next that is free is taken`,
  )
})

it('refuses a port that another program has by IPv6: browsers would find that one', async () => {
  const port = await taken('::1')
  await expect(listen(server(), port)).rejects.toThrow(/ is in use: /)
})

it('takes the next that is free where none is given', async () => {
  const first = await listen(server(), undefined)
  const second = await listen(server(), undefined)
  expect(second).toBeGreaterThan(first)
})

it.each([80_000, -1, 1.5])('refuses %s, which is no port', async (port) => {
  await expect(listen(server(), port)).rejects.toThrow(/^--port is .*: give a number from 0 to 65535$/)
})
