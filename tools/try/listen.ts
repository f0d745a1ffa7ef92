import type { Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/** The first port that is tried. */
const PORT = 4180

/** How many ports after it. */
const MORE = 20

/**
 * Has a server listen on this machine alone.
 *
 * @param given the port that the user names; 0 takes any. Default: {@link PORT}, or the next that is free.
 * @returns the port.
 * @throws in one line, where the given port is in use or may not be used.
 */
export async function listen(server: Server, given: number | undefined): Promise<number> {
  if (given !== undefined && !(Number.isInteger(given) && given >= 0 && given <= 65_535))
    throw new Error(`--port is ${given}: give a number from 0 to 65535`)
  const last = given ?? PORT + MORE
  for (let port = given ?? PORT; port <= last; port++) {
    const problem = port !== 0 && (await isTaken(port)) ? 'EADDRINUSE' : await attempt(server, port)
    if (problem === undefined) return (server.address() as AddressInfo).port
    if (problem !== 'EADDRINUSE')
      throw new Error(`port ${port} may not be listened on (${problem}): give another by --port`)
  }
  throw new Error(
    given === undefined
      ? `the ports ${PORT} to ${last} are in use: give one by --port`
      : `port ${given} is in use: give another by --port, or none, and the next that is free is taken`,
  )
}

const attempt = (server: Server, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const fail = ({ code }: NodeJS.ErrnoException): void => resolve(code ?? 'unknown')
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail)
      resolve(undefined)
    })
  })

/** Whether another program has the port by IPv6: browsers would find that one by the name `localhost`. */
const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '::1')
    const end = (isOpen: boolean): void => {
      socket.destroy()
      resolve(isOpen)
    }
    socket.on('connect', () => end(true))
    socket.on('error', () => end(false))
  })
