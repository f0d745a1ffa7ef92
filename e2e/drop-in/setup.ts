import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FullConfig } from '@playwright/test'
import { requireChromium } from '../../tools/upkeep/find-chromium.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The package as npm would publish it: what each app installs. */
export const TARBALL = `${root}dist/e2e-drop-in/freshlayer.tgz`

/** Packs the package, and says which way in is tried. */
// oxlint-disable-next-line import/no-default-export -- Playwright takes the default export.
export default function pack({ metadata }: FullConfig): void {
  const { path, source } = requireChromium()
  console.log(`Chromium: ${path} (${source}). Way in: ${metadata['way']} (seed ${metadata['seed']})`)
  mkdirSync(`${root}dist/e2e-drop-in`, { recursive: true })
  const options = { cwd: root, encoding: 'utf8' } as const
  execFileSync('npm', ['run', '--silent', 'build:package'], options)
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', 'dist/e2e-drop-in'], options),
  ) as { filename: string }[]
  renameSync(`${root}dist/e2e-drop-in/${packed!.filename}`, TARBALL)
}
