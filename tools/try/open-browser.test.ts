import { expect, it } from 'vitest'
import { opening } from './open-browser.ts'

it.each([
  ['darwin', ['open', 'http://localhost:4180/?a=1&b']],
  ['linux', ['xdg-open', 'http://localhost:4180/?a=1&b']],
  ['win32', ['cmd', '/c', 'start', '""', 'http://localhost:4180/?a=1^&b']],
] as const)('on %s the browser is opened by %j', (platform, command) => {
  expect(opening('http://localhost:4180/?a=1&b', platform)).toEqual(command)
})
