import { fileURLToPath } from 'node:url'
import type { PluginOption } from 'vite'
import { VitePWA } from 'vite-plugin-pwa'
import { HASHED_NAME } from '../sw/core/hashed-name.ts'
import { APP_FILES } from './build-worker.ts'
import { configModule } from './config-module.ts'

export interface FreshlayerOptions {
  /** The rules file. Default: 'config/freshlayer.config.ts', from the project's root. */
  readonly config?: string
  /** Which built files are kept for offline use. Default: scripts, styles, documents, icons and fonts. */
  readonly files?: readonly string[]
}

const WORKER = fileURLToPath(new URL('../sw/worker/', import.meta.url))

/**
 * Builds the worker next to the app, as `/sw.js`, from the app's rules and with the list of its files. A wrong rule ends
 * the build and says where it is and what was meant.
 */
export function freshlayer({
  config = 'config/freshlayer.config.ts',
  files = APP_FILES,
}: FreshlayerOptions = {}): PluginOption[] {
  return [
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
        dontCacheBustURLsMatching: HASHED_NAME,
        buildPlugins: { vite: [configModule(config)] },
      },
      devOptions: { enabled: true, type: 'module' },
    }),
  ]
}
