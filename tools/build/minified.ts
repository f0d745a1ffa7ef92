import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { keptFile } from '../files/kept-file.ts'

const OPTIONS = { compress: { passes: 3, ecma: 2020 } } as const

/**
 * A script as a browser downloads it. Minifying takes seconds, and a suite of tests builds the same workers again and again: a
 * folder that `FRESHLAYER_MINIFIED` names keeps each result, by the script, the options and the version of the minifier. Default:
 * nothing is kept.
 */
export async function minified(script: string): Promise<string> {
  const folder = process.env['FRESHLAYER_MINIFIED'] ?? ''
  if (folder === '') return minifiedAnew(script)
  const kept = await keptFile(folder, `${keyOf(script)}.js`, () => minifiedAnew(script))
  return kept.toString()
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
