import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a runner says of itself, as far as both say the same. */
interface VitestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
}

interface PlaywrightReport {
  readonly stats: { readonly expected: number; readonly unexpected: number; readonly flaky: number }
}

/** Runs the conformance rows against the core in Node and against the built worker in Chromium, and adds them up. */
const folder = mkdtempSync(join(tmpdir(), 'freshlayer-http-'))
try {
  const inNode = join(folder, 'node.json')
  run('vitest', ['run', 'e2e/http', '--reporter=default', '--reporter=json', `--outputFile.json=${inNode}`], {})
  const inChromium = join(folder, 'chromium.json')
  run('playwright', ['test', '-c', 'e2e/http/playwright.config.ts', '--reporter=dot,json'], {
    PLAYWRIGHT_JSON_OUTPUT_FILE: inChromium,
  })
  const node = read(inNode) as VitestReport
  const { stats } = read(inChromium) as PlaywrightReport
  console.log(`Node: ${node.numPassedTests} passed, ${node.numFailedTests} failed`)
  console.log(`Chromium: ${stats.expected} passed, ${stats.unexpected + stats.flaky} failed`)
  const failed = node.numFailedTests + stats.unexpected + stats.flaky
  console.log(`${node.numPassedTests + stats.expected} passed, ${failed} failed`)
  if (failed > 0) process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}

function run(command: string, args: readonly string[], env: Record<string, string>): void {
  spawnSync(join('node_modules', '.bin', command), args, { stdio: 'inherit', env: { ...process.env, ...env } })
}

/** A runner that did not get as far as a report has proven nothing. */
function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}
