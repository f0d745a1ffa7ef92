import { existsSync } from 'node:fs'
import { chromium } from 'playwright'
import { debianPackage, isProgram, namedProgram, onPath, runs } from './programs.ts'

/** A Chromium and where it comes from. */
export interface Browser {
  readonly path: string
  readonly source: 'FRESHLAYER_CHROMIUM' | 'Playwright' | 'the system'
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/**
 * The Chromium that tests run in: the one `FRESHLAYER_CHROMIUM` names, Playwright's own, or the system's; undefined when
 * there is none.
 *
 * @throws when `FRESHLAYER_CHROMIUM` names no program: who sets it means it.
 */
export function findChromium(): Browser | undefined {
  const named = namedProgram('FRESHLAYER_CHROMIUM')
  if (named !== undefined) return { path: named, source: 'FRESHLAYER_CHROMIUM' }
  const own = chromium.executablePath()
  if (existsSync(own)) return { path: own, source: 'Playwright' }
  const found = onPath(NAMES) ?? (isProgram(MAC) ? MAC : undefined)
  return found === undefined ? undefined : { path: found, source: 'the system' }
}

/** The same, installing one where there is none: Playwright's download, else the Debian package when that is allowed. */
export function requireChromium(): Browser {
  const found = findChromium()
  if (found !== undefined) return found
  for (const [what, ...lines] of INSTALLERS) {
    console.log(`No Chromium found; trying ${what}.`)
    const installed = runs(lines) ? findChromium() : undefined
    if (installed !== undefined) return installed
  }
  throw new Error('No Chromium could be installed: install one and name it in FRESHLAYER_CHROMIUM')
}

const INSTALLERS: readonly (readonly [string, ...string[]])[] = [
  ["Playwright's download", 'npx --no-install playwright install chromium'],
  ['the Debian package', ...debianPackage('chromium')],
]
