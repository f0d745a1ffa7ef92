import { relative, resolve } from 'node:path'
import type { Plugin, ResolvedConfig } from 'vite'
import type { Config } from '../config/language/index.ts'
import { APP_FILES } from './build/app-files.ts'
import { buildWorker, workerScript } from './build/build-worker.ts'
import { acceptedConfig } from './build/config-module.ts'
import { findConfig } from './rules/find-config.ts'
import type { Defines } from './rules/load-config.ts'
import { assertOurs, WORKER } from './build/own-worker.ts'
import { proposeShell } from './rules/propose-shell.ts'
import { sourcePath } from './build/source-path.ts'

export interface FreshlayerOptions {
  /** The rules file, from the project's root. Default: 'freshlayer.config.ts' there or in 'config', or `.js`, `.mts`, `.mjs`. */
  readonly config?: string
  /** Which built files are kept for offline use. Default: scripts, styles, documents, icons and fonts. */
  readonly files?: readonly string[]
  /**
   * Whether pages that have not called `connect()` themselves by their event `load` are connected by a script that the plugin
   * puts into each document of the app. Default: true.
   */
  readonly connect?: boolean
}

/** What the server of development tells open pages when a rules file has changed. */
const RULES_CHANGED = 'freshlayer:rules'

/** A module's name in an import has slashes, on every system. */
const CLIENT = sourcePath('app/tab/connect-at-load').replaceAll('\\', '/')

/**
 * The layer in a Vite app: builds the worker next to the app, as `/sw.js`, from the app's rules and with the list of its
 * files; in development the same worker is built anew whenever the rules have changed. A wrong rule ends the build before
 * the app is written, and says where it is and what was meant.
 */
export function freshlayer({ config, files = APP_FILES, connect = true }: FreshlayerOptions = {}): Plugin[] {
  /** What the project has said by the time Vite has read its config. */
  let project: Project
  const shared: Plugin = {
    name: 'freshlayer',
    // The copy that is bundled beforehand would not be the one that the injected script has.
    config: () => ({ optimizeDeps: { exclude: ['freshlayer'] } }),
    configResolved(vite) {
      project = projectOf(vite, config)
      // A page has one worker of a scope: theirs or ours.
      if (vite.plugins.some(({ name }) => name === 'vite-plugin-pwa')) vite.logger.warn(`warning ${BESIDE_PWA}`)
    },
    transformIndexHtml: {
      // Before Vite has looked for scripts: it bundles this one, and the built document has no inline script.
      order: 'pre',
      handler: () =>
        connect
          ? [{ tag: 'script', attrs: { type: 'module' }, children: connecting(project), injectTo: 'head' as const }]
          : [],
    },
  }
  return [shared, atBuild(() => project, files), inDevelopment(() => project)]
}

interface Project {
  readonly vite: ResolvedConfig
  /** The rules file. Absolute. */
  readonly rules: string
  /** The path of the worker's script. */
  readonly worker: string
  readonly define: Defines
}

function projectOf(vite: ResolvedConfig, config: string | undefined): Project {
  const { root, base, env, define = {} } = vite
  // A base that is an address is where the files are; a worker has to be of the page's own origin.
  const worker = new URL(WORKER, new URL(base, 'http://app.invalid')).pathname
  const given = Object.entries(define).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return {
    vite,
    rules: resolve(root, config ?? findConfig(root)),
    worker,
    define: { 'import.meta.env': JSON.stringify(env), ...Object.fromEntries(given) },
  }
}

const BESIDE_PWA =
  'vite-plugin-pwa builds a worker of its own: load the layer in that one (attach), as docs/guide/lifecycle.md says'

/** The script of each document that connects its page. */
const connecting = ({ worker }: Project): string =>
  [
    `import { connectAtLoad } from ${JSON.stringify(CLIENT)}`,
    `const options = { worker: ${JSON.stringify(worker)} }`,
    `connectAtLoad(options, import.meta.hot && ((then) => import.meta.hot.on('${RULES_CHANGED}', then)))`,
  ].join('\n')

/** Checks the rules before a build, and writes the worker after it. */
function atBuild(project: () => Project, files: readonly string[]): Plugin {
  let config: Config
  let isWritten = false
  return {
    name: 'freshlayer:build',
    apply: 'build',
    async configResolved({ logger }) {
      const { rules, define } = project()
      config = await acceptedConfig(rules, (warning) => logger.warn(`warning ${warning}`), define)
    },
    buildStart() {
      this.addWatchFile(project().rules)
    },
    writeBundle() {
      isWritten = true
    },
    closeBundle: {
      // Whatever other plugins write is written by then.
      order: 'post',
      sequential: true,
      async handler() {
        const { vite, rules, define } = project()
        const { base, build, logger, root } = vite
        // A build that failed, one of a server, one that nothing is written of.
        if (!isWritten || build.ssr !== false || (this.environment?.name ?? 'client') !== 'client') return
        const folder = resolve(root, build.outDir)
        for (const warning of await proposeShell(config, folder, { base, files })) logger.warn(`warning ${warning}`)
        await assertOurs(folder)
        const out = resolve(folder, WORKER)
        const size = await buildWorker({ config: rules, out, files: folder, globs: files, define })
        logger.info(`freshlayer: ${relative(process.cwd(), out)}, ${(size / 1000).toFixed(1)} kB, ${summary(config)}`)
      },
    },
  }
}

/** Builds the worker when the browser asks for it, and tells open pages when its rules have changed. */
function inDevelopment(project: () => Project): Plugin {
  return {
    name: 'freshlayer:serve',
    apply: 'serve',
    configureServer(server) {
      const { rules, worker, define, vite } = project()
      const name = relative(vite.root, rules)
      const say = (problem: unknown): void =>
        vite.logger.error(`freshlayer: ${problem instanceof Error ? problem.message : String(problem)}`)
      const check = (): Promise<unknown> =>
        acceptedConfig(rules, (warning) => vite.logger.warn(`warning ${warning}`), define).then(
          (config) => vite.logger.info(`freshlayer: ${worker} from ${name}, ${summary(config)}`),
          say,
        )
      void check()
      server.watcher.add(rules)
      server.watcher.on('change', (file) => {
        if (resolve(file) !== rules) return
        void check().then(() => server.ws.send({ type: 'custom', event: RULES_CHANGED }))
      })
      server.middlewares.use((request, response, next) => {
        const [path] = (request.url ?? '').split('?')
        if (path !== worker) return next()
        workerScript({ config: rules, shell: false, define }).then(
          (script) => {
            response.setHeader('content-type', 'text/javascript')
            response.setHeader('cache-control', 'no-cache')
            response.end(script)
          },
          (error: unknown) => {
            say(error)
            // A worker that is installed goes on; one that is not is not installed.
            response.statusCode = 500
            response.end(String(error))
          },
        )
      })
    },
  }
}

const summary = ({ routes, writes = [] }: Config): string =>
  `${routes.length} ${routes.length === 1 ? 'route' : 'routes'}, ${writes.length} ${writes.length === 1 ? 'write' : 'writes'}`
