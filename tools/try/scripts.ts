import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { bundleWithParts } from '../files/bundle.ts'
import { workerScript } from '../build/build-worker.ts'
import { sourcePath } from '../files/source-path.ts'

/** The strip's script as `strip.js`, and the parts that it loads when it needs them. */
export async function stripScripts(): Promise<ReadonlyMap<string, string>> {
  const scripts = await bundleWithParts(sourcePath('app/strip/strip'), 'strip')
  return new Map(scripts.map(({ fileName, code }) => [fileName, code]))
}

interface Options {
  /** The rules file. Default: none that does anything, as while the proxy records. */
  readonly config?: string | undefined
  /** Files whose change asks for another worker. Default: the rules file. */
  readonly sources?: readonly string[] | undefined
  /** A folder of built files that the worker keeps. Default: none. */
  readonly files?: string | undefined
}

/**
 * The worker's script, which is built anew when the rules file, or the document of the built files, has changed. A browser asks for it at each page load.
 *
 * @throws whatever is wrong with the rules.
 */
export class WorkerScript {
  readonly #options: Options
  #built: { readonly script: Promise<string>; readonly version: string } | undefined

  constructor(options: Options) {
    this.#options = options
  }

  async text(): Promise<string> {
    const { config = sourcePath('tools/try/recording-rules'), files } = this.#options
    const { sources = [config] } = this.#options
    const watched = files === undefined ? sources : [...sources, join(files, 'index.html')]
    const version = (await Promise.all(watched.map((file) => stat(file)))).map(({ mtimeMs }) => mtimeMs).join(' ')
    if (this.#built?.version !== version) {
      const script = workerScript({ config, ...(files === undefined ? {} : { files, base: '/' }) })
      this.#built = { script, version }
    }
    return this.#built.script
  }
}
