import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin, PluginOption, ResolvedConfig } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import type { Config } from '../config/language/index.ts'
import { HASHED_NAME } from '../sw/core/hashed-name.ts'
import { APP_FILES } from './build-worker.ts'
import { acceptedConfig, configModule } from './config-module.ts'
import { proposeShell } from './propose-shell.ts'

export interface FreshlayerOptions {
  /** The rules file. Default: 'config/freshlayer.config.ts', from the project's root. */
  readonly config?: string
  /** Which built files are kept for offline use. Default: scripts, styles, documents, icons and fonts. */
  readonly files?: readonly string[]
}

const WORKER = fileURLToPath(new URL('../sw/worker/', import.meta.url))

/**
 * Builds the worker next to the app, as `/sw.js`, from the app's rules and with the list of its files. A wrong rule ends
 * the build before the app is written, and says where it is and what was meant.
 */
export function freshlayer({
  config = 'config/freshlayer.config.ts',
  files = APP_FILES,
}: FreshlayerOptions = {}): PluginOption[] {
  return [
    checkedBuild(config, files),
    configModule(config, { warns: true }),
    ...VitePWA({
      strategies: 'injectManifest',
      srcDir: WORKER,
      filename: 'sw.ts',
      injectRegister: false,
      manifest: false,
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: [...files],
        dontCacheBustURLsMatching: HASHED_NAME,
        buildPlugins: { vite: [configModule(config)] },
      },
      devOptions: { enabled: true, type: 'module' },
    }),
  ]
}

/** Checks the rules before a build, and the shell of the rules after it. */
function checkedBuild(file: string, files: readonly string[]): Plugin {
  let vite: ResolvedConfig
  let config: Config
  return {
    name: 'freshlayer:check',
    apply: 'build',
    async configResolved(resolved) {
      vite = resolved
      config = await acceptedConfig(resolve(vite.root, file), (warning) => vite.logger.warn(`warning ${warning}`))
    },
    async closeBundle() {
      const { base, build, logger, root } = vite
      if (build.ssr !== false || this.environment.name !== 'client') return
      for (const warning of await proposeShell(config, resolve(root, build.outDir), { base, files })) {
        logger.warn(`warning ${warning}`)
      }
    },
  }
}
