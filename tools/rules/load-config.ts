import { existsSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { checkConfig, type Problem } from '../../config/language/index.ts'
import { bundle } from '../files/bundle.ts'

export interface Checked {
  readonly config: unknown
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Expressions, and what they are replaced by, as source. */
export type Defines = Readonly<Record<string, string>>

/**
 * A rules file, evaluated here as it will be in the worker, and what the check says of it. Nothing is written beside it. The
 * file is a module with a default export, or a script that assigns `self.freshlayerRules`, as an app without a build has it.
 *
 * @param define expressions in it that the build replaces. Default: none.
 * @throws whatever the file throws, and when it has no default export.
 */
export async function loadConfig(file: string, define: Defines = {}): Promise<Checked> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Error(`${file} is not there: name the rules file with --config`)
  if (statSync(path).isDirectory()) throw new Error(`${file} is a folder: name the rules file with --config`)
  // A worker's global object is called `self`, and Node's is not.
  const defines = { self: 'globalThis', ...define }
  const script = await bundle(path, { platform: 'node', format: 'esm', define: defines }).catch((error: unknown) => {
    throw new Error(unreadable(error, file), { cause: error })
  })
  const exported = await evaluated(script)
  // Where package.json says "type": "commonjs", the bundler gives a script an empty default export.
  const config = assigned() ?? exported.default
  if (config === undefined) throw new Error(`${file} has no default export: export default defineConfig({ … })`)
  return { config, ...checkConfig(config, file) }
}

/** What the script has assigned. The next one that is loaded may assign nothing. */
function assigned(): unknown {
  const { freshlayerRules } = globalThis as { freshlayerRules?: unknown }
  Reflect.deleteProperty(globalThis, 'freshlayerRules')
  return freshlayerRules
}

/** Why a file cannot be read, in one line: the bundler draws the place, over several. */
function unreadable(error: unknown, file: string): string {
  const text = stripVTControlCharacters(error instanceof Error ? error.message : String(error))
  const what = /^\[[A-Z_]+\] (.*)/m.exec(text)?.[1] ?? text.split('\n')[0]
  const [, place = file] = /\[ (.+:\d+:\d+) \]/.exec(text) ?? []
  return `${place}: ${what}`
}

async function evaluated(script: string): Promise<{ readonly default?: unknown }> {
  const folder = await mkdtemp(join(tmpdir(), 'freshlayer-rules-'))
  try {
    const file = join(folder, 'rules.mjs')
    await writeFile(file, script)
    return (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { readonly default?: unknown }
  } finally {
    await rm(folder, { recursive: true })
  }
}
