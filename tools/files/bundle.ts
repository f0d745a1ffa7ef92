import { type Plugin, rolldown } from 'rolldown'
import { sourcePath } from './source-path.ts'

interface BundleOptions {
  /** Where it runs. */
  readonly platform: 'browser' | 'node'
  readonly format: 'iife' | 'esm'
  readonly plugins?: readonly Plugin[]
  /** Expressions and what they are replaced by, as source. Default: none. */
  readonly define?: Readonly<Record<string, string>>
  /** Default: no. */
  readonly minify?: boolean
}

interface Script {
  readonly fileName: string
  readonly code: string
}

/**
 * One self-contained script of a module and all that it imports.
 *
 * @throws what the bundler says of a module that it cannot read or find.
 */
export async function bundle(entry: string, options: BundleOptions): Promise<string> {
  const [script] = await generate(entry, options, { codeSplitting: false })
  return script.code
}

/**
 * The script of a module, called `name.js`, and then those that it loads when it needs them, as files beside it.
 *
 * @throws what the bundler says of a module that it cannot read or find.
 */
export function bundleWithParts(entry: string, name: string): Promise<[Script, ...Script[]]> {
  const options = { platform: 'browser', format: 'esm', minify: true } as const
  return generate(entry, options, { entryFileNames: `${name}.js`, chunkFileNames: `${name}-[name].js` })
}

/** A rules file finds `freshlayer/config` also where the layer is not installed, as in an app on which it is tried. */
const OWN_CONFIG: Plugin = {
  name: 'freshlayer:config',
  resolveId: {
    filter: { id: /^freshlayer\/config$/ },
    async handler(source, importer) {
      return (await this.resolve(source, importer, { skipSelf: true })) ?? sourcePath('config/index')
    },
  },
}

async function generate(
  entry: string,
  { platform, format, plugins = [], define = {}, minify = false }: BundleOptions,
  output: Readonly<Record<string, string | boolean>>,
): Promise<[Script, ...Script[]]> {
  const build = await rolldown({
    input: entry,
    platform,
    plugins: [...plugins, OWN_CONFIG],
    transform: { target: 'es2022', define },
    logLevel: 'warn',
    // An app's tsconfig says how its own code is checked and built: ours is built as it stands.
    tsconfig: false,
  })
  try {
    const { output: files } = await build.generate({ format, minify, ...output })
    const [first, ...others] = files
    return [first, ...others.filter((file) => file.type === 'chunk')]
  } finally {
    await build.close()
  }
}
