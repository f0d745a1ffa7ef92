import { describe, expect, it } from 'vitest'
import { ApiError, UnreachableError } from './api-error.ts'
import { bootstrapSession, parseRemembered, type SessionAnswer } from './session-bootstrap.ts'

const ada: SessionAnswer = {
  user: { id: 1, name: 'Ada Byron', email: 'ada@corner.example', role: 'manager', initials: 'AB' },
  mode: 'cookie',
}
const grace: SessionAnswer = {
  user: { id: 2, name: 'Grace Hopper', email: 'grace@corner.example', role: 'clerk', initials: 'GH' },
  mode: 'bearer',
}
const refused = (status: number): ApiError => new ApiError(status, 'Refused', undefined, {})
const failing = (error: unknown) => (): Promise<SessionAnswer> => Promise.reject(error)

describe('bootstrapSession', () => {
  it('the server’s answer outranks what is remembered', async () => {
    const session = await bootstrapSession(() => Promise.resolve(grace), ada)
    expect(session).toEqual({ status: 'signed-in', ...grace, confirmed: true })
  })

  it('a server that knows of no session signs out, even with a remembered user', async () => {
    expect(await bootstrapSession(() => Promise.resolve(null), ada)).toEqual({ status: 'signed-out' })
  })

  it('a 401 signs out, even with a remembered user', async () => {
    expect(await bootstrapSession(failing(refused(401)), ada)).toEqual({ status: 'signed-out' })
  })

  it.each([
    ['the network failing', new UnreachableError('offline')],
    ['a gateway without its server', refused(503)],
  ])('%s lets the remembered user carry on, unconfirmed', async (_case, error) => {
    expect(await bootstrapSession(failing(error), ada)).toEqual({ status: 'signed-in', ...ada, confirmed: false })
  })

  it('a network failure without a remembered user keeps its error', async () => {
    const error = new UnreachableError('offline')
    expect(await bootstrapSession(failing(error), undefined)).toEqual({ status: 'failed', error })
  })

  it('a fault of the server is not taken for an absence', async () => {
    const error = refused(500)
    expect(await bootstrapSession(failing(error), ada)).toEqual({ status: 'failed', error })
  })
})

describe('parseRemembered', () => {
  it('reads back what was written', () => {
    expect(parseRemembered(JSON.stringify(grace))).toEqual(grace)
  })

  it.each([
    ['nothing', null],
    ['broken JSON', '{"user":'],
    ['no user', '{"mode":"cookie"}'],
    ['no mode', JSON.stringify({ user: ada.user })],
    ['an unknown mode', JSON.stringify({ ...ada, mode: 'magic' })],
    ['an id that is no integer', JSON.stringify({ ...ada, user: { ...ada.user, id: '1' } })],
    ['a user without a name', JSON.stringify({ ...ada, user: { ...ada.user, name: undefined } })],
    ['a user without initials', JSON.stringify({ ...ada, user: { ...ada.user, initials: undefined } })],
  ])('%s is not a user', (_case, text) => {
    expect(parseRemembered(text)).toBeUndefined()
  })
})
