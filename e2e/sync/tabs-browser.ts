import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium } from 'playwright'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'

/** A browser whose tabs hide one another and are kept in the back-forward cache, as Playwright's own are not. */
export interface TabsBrowser {
  readonly context: BrowserContext
  close(): Promise<void>
}

export async function openTabsBrowser(): Promise<TabsBrowser> {
  const profile = mkdtempSync(join(tmpdir(), 'freshlayer-tabs-'))
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
  const browser = spawn(
    requireChromium().path,
    [...args, `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
  )
  const address = await new Promise<string>((resolve) => {
    let said = ''
    browser.stderr.on('data', (data: Buffer) => {
      said += String(data)
      const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
      if (found !== undefined) resolve(found)
    })
  })
  const connection = await chromium.connectOverCDP(address, { noDefaults: true })
  const [context] = connection.contexts()
  if (context === undefined) throw new Error('the browser has no context')
  return {
    context,
    async close() {
      await connection.close()
      const gone = new Promise((resolve) => browser.once('exit', resolve))
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL')
      await gone
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
