import { fileURLToPath } from 'node:url'
import type { Plugin, PluginOption } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { formatProblem } from '../config/language/index.ts'
import { CacheError } from '../sw/core/cache-error.ts'
import { configModule } from './config-module.ts'
import { loadConfig } from './load-config.ts'

export interface FreshlayerOptions {
  /** The rules file. Default: 'config/freshlayer.config.ts', from the project's root. */
  readonly config?: string
  /** Which built files are kept for offline use. Default: scripts, styles, documents, icons and fonts. */
  readonly files?: readonly string[]
}

const WORKER = fileURLToPath(new URL('../sw/worker/', import.meta.url))
const FILES = ['**/*.{js,css,html,svg,ico,woff2,webmanifest}']

/**
 * Builds the worker next to the app, as `/sw.js`, from the app's rules and with the list of its files. A wrong rule ends
 * the build and says where it is and what was meant.
 */
export function freshlayer({
  config = 'config/freshlayer.config.ts',
  files = FILES,
}: FreshlayerOptions = {}): PluginOption[] {
  return [
    check(config),
    configModule(config),
    ...VitePWA({
      strategies: 'injectManifest',
      srcDir: WORKER,
      filename: 'sw.ts',
      injectRegister: false,
      manifest: false,
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: [...files],
        // Files whose name carries a hash need no revision, and browsers with static routing find them by their URL.
        dontCacheBustURLsMatching: /-[\w-]{8}\./,
        buildPlugins: { vite: [configModule(config)] },
      },
      devOptions: { enabled: true, type: 'module' },
    }),
  ]
}

function check(file: string): Plugin {
  let root = process.cwd()
  return {
    name: 'freshlayer:check',
    configResolved(resolved) {
      root = resolved.root
    },
    async buildStart() {
      const { problems, warnings } = await loadConfig(file, root)
      for (const warning of warnings) this.warn(formatProblem(warning))
      if (problems.length > 0) throw new CacheError('config-refused', { file, problems: problems.map(formatProblem) })
    },
  }
}
