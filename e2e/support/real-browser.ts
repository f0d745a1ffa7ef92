import { spawn } from 'node:child_process'
import { type BrowserContext, chromium } from '@playwright/test'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'
import { dropProfile, newProfile } from './test.ts'

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable',
  '--remote-debugging-port=0',
]

/**
 * A Chromium in which a tab behind another is out of sight, as for a user: Playwright's own keeps each tab in sight, slows no
 * timer, and has no back-forward cache. Its context has one open page. It ends with the test.
 */
export async function withRealBrowser(test: (context: BrowserContext) => Promise<void>): Promise<void> {
  const profile = newProfile()
  const browser = spawn(requireChromium().path, [...ARGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const ended = new Promise((resolve) => browser.once('exit', resolve))
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let said = ''
      browser.stderr.on('data', (text: Buffer) => {
        said += text.toString()
        const [, found] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
        if (found !== undefined) resolve(found)
      })
      browser.once('exit', () => reject(new Error(`Chromium has ended: ${said}`)))
    })
    const [context] = (await chromium.connectOverCDP(address, { noDefaults: true })).contexts()
    if (context === undefined) throw new Error('Chromium has no context')
    await test(context)
  } finally {
    // Its own group: the browser has processes of its own.
    if (browser.pid !== undefined && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL')
    await ended
    dropProfile(profile)
  }
}
