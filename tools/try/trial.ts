import { createServer, type Server } from 'node:http'
import { resolve } from 'node:path'
import type { Suggested } from '../suggest/index.ts'
import { AskedByRule } from './asked.ts'
import { serveFolder } from './folder-server.ts'
import { KeptFiles } from './kept-files.ts'
import { listen } from './listen.ts'
import { OWN, ownOrigin } from './own-address.ts'
import { answerOwn } from './own-pages.ts'
import { Passing } from './passing.ts'
import { Recorder } from './recorder.ts'
import { LiveFindings, savedBy } from './live-findings.ts'
import { reportPage } from './report-page.ts'
import { stripScripts, WorkerScript } from './scripts.ts'
import { SessionUsers } from '../suggest/session-users.ts'
import { shownOfRecording, shownOfRules } from './shown.ts'
import { expectAnswer, type Target } from './target.ts'
import { type TriedRules, workerRules } from './tried-rules.ts'

interface TrialOptions {
  readonly target: Target
  /** The origin of the API of a folder's app. Default: none. */
  readonly api?: URL | undefined
  /** Default: the first that is free from 4180 on. */
  readonly port?: number | undefined
  /** Default: none, and the proxy records what the app asks for. */
  readonly rules?: TriedRules | undefined
  /** Says something to the user while the proxy runs, each line once. */
  readonly say: (line: string) => void
}

/** A proxy in front of an app, while it runs. */
export interface Trial {
  /** The page to open. */
  readonly url: string
  readonly recorder: Recorder
  /** What the pages have read by the rules that are tried. */
  readonly asked: AskedByRule
  /** What the recording says by now; undefined before the first request. */
  readonly found: () => Promise<Suggested | undefined>
  /** The report as plain data. */
  readonly json: () => Promise<unknown>
  /** Ends it: every connection is closed. */
  readonly close: () => Promise<void>
}

/** What is said after so many lines would not be read. */
const MAX_NOTICES = 50

/** Cookies of an app are many at times, and the strip tells of each rule in an address. Unit: bytes. */
const MAX_HEADER = 256 * 1024

/**
 * Starts a proxy on this machine in front of an app, with the worker and the strip in its pages. Writes nothing.
 *
 * @throws in one line, where the app does not answer, or no port is free.
 */
export async function startTrial({ target, api, port, rules, say }: TrialOptions): Promise<Trial> {
  const folder = target.kind === 'folder' ? await serveFolder(target.folder, api) : undefined
  const origin = target.kind === 'origin' ? target.origin : (folder?.origin ?? new URL('http://localhost'))
  const app = target.kind === 'origin' ? origin.origin : target.folder
  const own = rules && (await workerRules(rules))
  const end = async (): Promise<void> => {
    await own?.end()
    if (folder !== undefined) await closed(folder.server)
  }
  try {
    if (target.kind === 'origin') await expectAnswer(origin)
    if (api !== undefined) await expectAnswer(api)
    const recorder = new Recorder(origin.origin)
    const asked = new AskedByRule()
    const findings = new LiveFindings(recorder)
    const notices = new Set<string>()
    const notice = (line: string): void => {
      if (notices.has(line) || notices.size >= MAX_NOTICES) return
      notices.add(line)
      say(line)
    }
    let isReached = true
    const users = new SessionUsers()
    const passing = new Passing({
      origin,
      recorder,
      notice,
      onReach: (is, line) => {
        isReached = is
        say(is ? `${app} answers again` : line)
      },
      kept: rules === undefined || folder !== undefined ? undefined : new KeptFiles(),
      shell: rules?.config.shell,
      isTried: rules !== undefined,
      users: own?.isUserNamed === true ? users : undefined,
    })
    const worker = new WorkerScript({
      config: own?.file,
      sources: rules && [rules.file],
      files: rules && folder && resolve(app),
    })
    // The first page waits for neither.
    const scripts = await stripScripts()
    await worker.text()
    const mode = rules === undefined ? 'recording' : 'rules'
    const saved = (): number | undefined => {
      if (rules !== undefined) return asked.saved
      const found = findings.current
      return found && savedBy(found)
    }
    const json = async (): Promise<unknown> =>
      rules === undefined
        ? jsonOfRecording(recorder, await findings.latest(), notices)
        : { mode, requests: recorder.requests, rules: asked.rules, notices: [...notices] }
    const sources = {
      status: () => ({ mode, requests: recorder.requests, saved: saved(), isReached, notices: [...notices] }) as const,
      userOf: (cookie: string | undefined) => users.userOf(cookie),
      hear: (told: string) => asked.hear(told),
      hearElsewhere: (given: string) => {
        // Any page may ask the proxy's own address.
        if (!URL.canParse(given)) return
        const { origin: other, protocol } = new URL(given)
        if (/^https?:$/.test(protocol)) notice(elsewhere(other))
      },
      report: () => {
        const shown = rules === undefined ? shownOfRecording(recorder, findings.current) : shownOfRules(recorder, asked)
        return reportPage({ app, mode, notices: [...notices], ...shown })
      },
      json,
      worker: () => worker.text(),
      scripts,
    }
    const server = createServer({ maxHeaderSize: MAX_HEADER, requestTimeout: 0 }, (request, response) => {
      const own = ownOrigin(request.headers.host)
      if (own === undefined) {
        const line = 'freshlayer try answers to the names of this machine alone, such as localhost\n'
        response.writeHead(403, { 'content-type': 'text/plain' }).end(line)
      } else if (request.url?.startsWith(OWN)) {
        answerOwn(request, response, sources).catch((error: unknown) =>
          response.destroy(new Error('own page', { cause: error })),
        )
      } else if (request.url?.startsWith('/') || request.url === '*') passing.request(request, response, own)
      else response.writeHead(400).end()
    })
    server.on('upgrade', (request, socket, head) => {
      const own = ownOrigin(request.headers.host)
      if (own === undefined) socket.destroy()
      else passing.upgrade(request, socket, { head, own })
    })
    const listening = await listen(server, port)
    return {
      url: `http://localhost:${listening}${target.kind === 'origin' ? target.path : '/'}`,
      recorder,
      asked,
      found: () => findings.latest(),
      json,
      close: async () => {
        passing.close()
        await findings.close()
        await closed(server)
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

const elsewhere = (origin: string): string =>
  `pages ask ${origin}, which does not pass here: it is not recorded, and no rule is tried on it. Let the app's own server pass it on, as server.proxy of Vite does`

function jsonOfRecording(recorder: Recorder, found: Suggested | undefined, notices: Iterable<string>): unknown {
  const { requests, unrecorded } = recorder
  const shared = { mode: 'recording', requests, unrecorded, notices: [...notices] }
  if (found === undefined) return shared
  const { findings, simulation, proposal } = found
  return { ...shared, findings, simulation, proposal }
}

/** So often connections are closed that have come while the server was closing. */
const AGAIN_MS = 100

const closed = (server: Server): Promise<void> =>
  new Promise((resolveIt) => {
    const again = setInterval(() => server.closeAllConnections(), AGAIN_MS)
    server.close(() => {
      clearInterval(again)
      resolveIt()
    })
    server.closeAllConnections()
  })
