import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium } from 'playwright'

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
  const named = process.env['FRESHLAYER_CHROMIUM']
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`FRESHLAYER_CHROMIUM names ${named}, which is not a program`)
    return { path: named, source: 'FRESHLAYER_CHROMIUM' }
  }
  const own = chromium.executablePath()
  if (existsSync(own)) return { path: own, source: 'Playwright' }
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), MAC]
  const found = candidates.find(isProgram)
  return found === undefined ? undefined : { path: found, source: 'the system' }
}

/** The same, installing one where there is none: Playwright's download, else the Debian package when that is allowed. */
export function requireChromium(): Browser {
  const found = findChromium()
  if (found !== undefined) return found
  for (const [what, ...command] of INSTALLERS) {
    console.log(`No Chromium found; trying ${what}.`)
    try {
      for (const line of command) execFileSync('sh', ['-c', line], { stdio: 'inherit' })
    } catch {
      continue
    }
    const installed = findChromium()
    if (installed !== undefined) return installed
  }
  throw new Error('No Chromium could be installed: install one and name it in FRESHLAYER_CHROMIUM')
}

const INSTALLERS: readonly (readonly [string, ...string[]])[] = [
  ["Playwright's download", 'npx --no-install playwright install chromium'],
  [
    'the Debian package',
    'test "$(id -u)" = 0 && command -v apt-get',
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium',
  ],
]

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
