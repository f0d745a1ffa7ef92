import { expect, type Page } from '@playwright/test'
import { onDisk } from './disk.ts'
import type { ScriptedOrigin, UsersBy } from './scripted-origin.ts'
import { read } from './test.ts'

/** A backend that knows its user by a cookie or a token, and says who it is; each user's answers hold their name. */
export class Backend {
  user: string | undefined = 'ada'
  status = 200
  readonly #origin: ScriptedOrigin

  /** @param by how the layer tells users apart. Default: by what the backend says. */
  constructor(origin: ScriptedOrigin, by?: UsersBy) {
    this.#origin = origin
    origin.withUsers(by)
    for (const path of ['/api/own', '/api/own/2', '/api/large']) this.#answer(path)
    origin.on('/api/session', (_request, response) => void response.writeHead(204).end())
    origin.on('/logout', (_request, response) => {
      this.user = undefined
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>bye</title>')
    })
  }

  requests(path = '/api/own'): number {
    return this.#origin.of(path).length
  }

  #answer(path: string): void {
    this.#origin.on(path, (request, response) => {
      const user = ofToken(request.headers.authorization) ?? this.user
      if (this.status !== 200 || user === undefined) {
        return void response.writeHead(user === undefined ? 401 : this.status).end('refused')
      }
      const filler = path === '/api/large' ? 'x'.repeat(100_000) : ''
      response
        .writeHead(200, { 'content-type': 'application/json', 'x-user': user, etag: '"same"' })
        .end(JSON.stringify({ secret: `of ${user}`, filler }))
    })
  }
}

/** The user of a JWT; a token of another form is its user's name. */
function ofToken(authorization: string | undefined): string | undefined {
  const token = authorization?.replace('Bearer ', '')
  const payload = token?.split('.')[1]
  if (payload === undefined) return token
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { readonly sub: string }).sub
}

/** What the page gets to read, or what it hears where it gets nothing. */
export const own = (page: Page, path = '/api/own', headers = {}): Promise<string> =>
  read(page, path, { headers }).then(({ text }) => text, String)

/** Reads until the answer comes from store: then it is stored. */
export const kept = (page: Page, path = '/api/own', headers = {}): Promise<void> =>
  expect
    .poll(() => read(page, path, { headers }).then((answer) => answer.headers['cache-status']))
    .toContain('Freshlayer; hit')

/** Waits until nothing on disk has this in it. */
export const erased = (page: Page, text = 'of ada'): Promise<void> =>
  expect.poll(() => onDisk(page)).not.toContain(text)
