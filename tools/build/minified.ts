import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const OPTIONS = { compress: { passes: 3, ecma: 2020 } } as const

/** A minified script that is older is removed. Unit: milliseconds. */
const KEPT_MS = 86_400_000

/**
 * A script as a browser downloads it. Minifying takes seconds, and a suite of tests builds the same workers again and again: a
 * folder that `FRESHLAYER_MINIFIED` names keeps each result, by the script, the options and the version of the minifier. Default:
 * nothing is kept.
 */
export async function minified(script: string): Promise<string> {
  const folder = process.env['FRESHLAYER_MINIFIED'] ?? ''
  if (folder === '') return minifiedAnew(script)
  const file = join(folder, `${keyOf(script)}.js`)
  const kept = await readFile(file, 'utf8').catch(() => undefined)
  if (kept !== undefined) return kept
  const code = await minifiedAnew(script)
  await keep(folder, file, code)
  return code
}

async function minifiedAnew(script: string): Promise<string> {
  // Most commands build no worker, and need not load it.
  const { minify } = await import('terser')
  const { code = script } = await minify(script, OPTIONS)
  return code
}

function keyOf(script: string): string {
  const { version } = createRequire(import.meta.url)('terser/package.json') as { version: string }
  return createHash('sha256')
    .update(JSON.stringify([version, OPTIONS, script]))
    .digest('hex')
}

/** Another build may keep the same at the same moment, and none may read a file that is half written. */
async function keep(folder: string, file: string, code: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const next = `${file}.${randomUUID()}`
  await writeFile(next, code)
  await rename(next, file)
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > KEPT_MS) await rm(path, { force: true })
  }
}
