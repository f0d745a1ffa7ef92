import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Status } from '../../app/strip/status.ts'
import { OWN } from './own-address.ts'
import { REPORT_SCRIPT } from './report-page.ts'
import { USER_FIELD } from './user-field.ts'

/** What the proxy's own pages and scripts are made of. */
export interface OwnSources {
  readonly status: () => Status
  /** Takes what a strip has told of the worker's counts. */
  /** Names the user of a request by its cookies. */
  readonly userOf: (cookie: string | undefined) => string | undefined
  readonly hear: (told: string) => void
  /** Takes another origin that a page has asked. */
  readonly hearElsewhere: (origin: string) => void
  /** The report as a page. */
  readonly report: () => string
  /** The report as plain data. */
  readonly json: () => Promise<unknown>
  readonly worker: () => Promise<string>
  readonly scripts: ReadonlyMap<string, string>
}

const SCRIPT = 'text/javascript; charset=utf-8'

/** Answers a request for one of the proxy's own pages or scripts. */
export async function answerOwn(
  request: IncomingMessage,
  response: ServerResponse,
  sources: OwnSources,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://proxy.invalid')
  const send = (type: string, body: string, fields: Readonly<Record<string, string>> = {}): void => {
    // Nothing that runs in the browser keeps any of it: the next try on this port may be of another app.
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store', ...fields }).end(body)
  }
  const json = (value: unknown): void => send('application/json', JSON.stringify(value, undefined, 2))
  const name = pathname.slice(OWN.length)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.writeHead(405, { allow: 'GET, HEAD' }).end()
  switch (name) {
    case '':
      return send('text/html; charset=utf-8', sources.report())
    case 'report.json':
      return json(await sources.json())
    case 'report.js':
      return send(SCRIPT, REPORT_SCRIPT)
    case 'status.json': {
      const told = searchParams.get('told')
      if (told !== null) sources.hear(told)
      for (const origin of searchParams.getAll('elsewhere')) sources.hearElsewhere(origin)
      return json(sources.status())
    }
    case 'user': {
      const user = sources.userOf(request.headers.cookie)
      return void response
        .writeHead(204, { 'cache-control': 'no-store', ...(user === undefined ? {} : { [USER_FIELD]: user }) })
        .end()
    }
    case 'sw.js':
      try {
        return send(SCRIPT, await sources.worker(), { 'cache-control': 'no-cache', 'service-worker-allowed': '/' })
      } catch (error) {
        // A worker that is installed goes on; one that is not is not installed.
        return void response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end(String(error))
      }
    default: {
      const script = sources.scripts.get(name)
      return script === undefined ? void response.writeHead(404).end() : send(SCRIPT, script)
    }
  }
}
