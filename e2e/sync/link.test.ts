import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Gate, Link } from './link.ts'

let server: Server
let link: Link
let gate: Gate
/** What has arrived at the server. */
let arrived: string
let atServer: Socket[]
beforeEach(async () => {
  arrived = ''
  atServer = []
  server = createServer((socket) => {
    atServer.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      arrived += String(data)
      socket.write('yes')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  link = new Link('a link', () => (server.address() as AddressInfo).port)
  gate = await Gate.open([link])
})
afterEach(() => {
  link.break('cut')
  gate.close()
  server.close()
})

interface Caller {
  readonly socket: Socket
  heard: string
  isGone: boolean
}
function call(): Caller {
  const socket = connect(gate.port, '127.0.0.1')
  const caller = { socket, heard: '', isGone: false }
  socket.on('data', (data) => (caller.heard += String(data)))
  socket.on('error', () => undefined)
  socket.on('close', () => (caller.isGone = true))
  return caller
}
const rest = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 50))

test('a link passes on what is said', async () => {
  const caller = call()
  caller.socket.write('a')
  await expect.poll(() => [arrived, caller.heard]).toEqual(['a', 'yes'])
  caller.socket.end()
  await expect.poll(() => atServer[0]?.destroyed).toBe(true)
})

test('one that is cut breaks connections, and refuses new ones', async () => {
  const caller = call()
  caller.socket.write('a')
  await expect.poll(() => caller.heard).toBe('yes')
  link.break('cut')
  await expect.poll(() => caller.isGone).toBe(true)
  const second = call()
  await expect.poll(() => second.isGone).toBe(true)
  link.heal()
  const third = call()
  third.socket.write('b')
  await expect.poll(() => third.heard).toBe('yes')
})

test.each([
  ['silent', '', ''],
  ['deaf', '', ''],
  ['mute', 'a', ''],
] as const)(
  'of one that is %s the server gets "%s", and all arrives when it is healed',
  async (fault, atOnce, heard) => {
    const caller = call()
    await expect.poll(() => atServer).toHaveLength(1)
    link.break(fault)
    caller.socket.write('a')
    await expect.poll(() => arrived).toBe(atOnce)
    await rest()
    expect([arrived, caller.heard, caller.isGone]).toEqual([atOnce, heard, false])
    link.heal()
    await expect.poll(() => [arrived, caller.heard]).toEqual(['a', 'yes'])
  },
)

test('of one that is silent the server does not hear either that the caller is gone', async () => {
  const caller = call()
  await expect.poll(() => atServer).toHaveLength(1)
  link.break('silent')
  caller.socket.destroy()
  await rest()
  expect(atServer[0]?.destroyed).toBe(false)
  link.heal()
  await expect.poll(() => atServer[0]?.destroyed).toBe(true)
})

test('one that is forgotten while it is silent breaks when it is healed', async () => {
  const caller = call()
  await expect.poll(() => atServer).toHaveLength(1)
  link.break('silent')
  caller.socket.write('a')
  await rest()
  link.heal(true)
  await expect.poll(() => caller.isGone).toBe(true)
  expect(arrived).toBe('')
})

test('one that is slow delivers late, and in order', async () => {
  const caller = call()
  await expect.poll(() => atServer).toHaveLength(1)
  link.break('slow')
  const beganMs = performance.now()
  for (const letter of 'abc') caller.socket.write(letter)
  await expect.poll(() => arrived).toBe('abc')
  expect(performance.now() - beganMs).toBeGreaterThan(150)
})
