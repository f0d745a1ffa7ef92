import { relative, resolve } from 'node:path'
import type { Plugin } from 'vite'
import type { Config } from '../config/language/index.ts'
import { APP_FILES } from './files/app-files.ts'
import { PWA_DEV_WORKER, putIntoWorker } from './build/beside-pwa.ts'
import { buildWorker, workerScript } from './build/build-worker.ts'
import { acceptedConfig } from './build/config-module.ts'
import { inWorkerOfPwa } from './build/in-worker-of-pwa.ts'
import { tellOfKept } from './build/kept-size.ts'
import { pageModule } from './build/page-module.ts'
import { assertOurs, tellOfOthers, WORKER } from './build/own-worker.ts'
import { sourcePath } from './files/source-path.ts'
import { ViteProject } from './build/vite-project.ts'
import { proposeShell } from './rules/propose-shell.ts'

export interface FreshlayerOptions {
  /** The rules file, from the project's root. Default: 'freshlayer.config.ts' there or in 'config', or `.js`, `.mts`, `.mjs`. */
  readonly config?: string
  /**
   * Which built files are kept for offline use. Without effect beside `vite-plugin-pwa`, which keeps them. Default: scripts,
   * styles, documents, icons and fonts.
   */
  readonly files?: readonly string[]
  /**
   * Whether pages that have not called `connect()` themselves by their event `load` are connected by a script that the plugin
   * puts into each document of the app. Default: true.
   */
  readonly connect?: boolean
  /**
   * The worker that `vite-plugin-pwa` builds, from the app's base. Needed where the app registers that worker itself
   * (`injectRegister: false`) and its name is not 'sw.js'. Default: the one that vite-plugin-pwa registers. Without that
   * plugin the worker is always 'sw.js'.
   */
  readonly worker?: string
}

/** What the server of development tells open pages when a rules file has changed. */
const RULES_CHANGED = 'freshlayer:rules'

/** A module's name in an import has slashes, on every system. */
const moduleOf = (name: string): string => sourcePath(name).replaceAll('\\', '/')
const CLIENT = moduleOf('app/tab/connect-at-load')
/** The module that names the worker of a page. */
const BUILT_WORKER = moduleOf('app/tab/built-worker')

/**
 * The layer in a Vite app: builds the worker next to the app, as `/sw.js`, from the app's rules and with the list of its
 * files; in development the same worker is built anew whenever the rules have changed. A wrong rule ends the build before
 * the app is written, and says where it is and what was meant.
 *
 * In an app with `vite-plugin-pwa` that plugin goes on building and registering the worker, and the layer is put into it, in
 * front of all else. Files, pages, updates and the web manifest stay that plugin's.
 */
export function freshlayer({ config, files = APP_FILES, connect = true, worker }: FreshlayerOptions = {}): Plugin[] {
  /** What the project has said by the time Vite has read its config. */
  let project: ViteProject
  const shared: Plugin = {
    name: 'freshlayer',
    // The copy that is bundled beforehand would not be the one that the injected script has.
    config: () => ({ optimizeDeps: { exclude: ['freshlayer'] } }),
    configResolved(vite) {
      project = new ViteProject(vite, { config, worker })
    },
    buildStart: {
      // vite-plugin-pwa knows its options by then, and no module is loaded yet.
      order: 'pre',
      handler() {
        return project.learnWorker(async () => (await this.resolve(PWA_DEV_WORKER)) !== null)
      },
    },
    load(id) {
      // In development a module of a package has a query.
      if (id.split('?')[0] !== BUILT_WORKER) return undefined
      return pageModule(project.pageWorker, project.rules, project.define)
    },
    transformIndexHtml: {
      // Before Vite has looked for scripts: it bundles this one, and the built document has no inline script.
      order: 'pre',
      handler: () =>
        connect ? [{ tag: 'script', attrs: { type: 'module' }, children: CONNECTING, injectTo: 'head' as const }] : [],
    },
  }
  return [shared, atBuild(() => project, files), inDevelopment(() => project), inWorkerOfPwa(() => project)]
}

/** The script of each document that connects its page. */
const CONNECTING = [
  `import { connectAtLoad } from ${JSON.stringify(CLIENT)}`,
  `connectAtLoad({}, import.meta.hot && ((then) => import.meta.hot.on('${RULES_CHANGED}', then)))`,
].join('\n')

/** Checks the rules before a build, and writes the worker after it. */
function atBuild(project: () => ViteProject, files: readonly string[]): Plugin {
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
        if (project().pwa !== undefined) {
          const { workerFile } = project()
          const part = await workerScript({ config: rules, attach: true, define })
          const is = await putIntoWorker(folder, workerFile, part)
          const size = is === 'put' ? `${kB(part)} kB in front of it` : 'which has it by a line of its own'
          const out = relative(process.cwd(), resolve(folder, workerFile))
          logger.info(`freshlayer: in ${out} of vite-plugin-pwa, ${size}, ${summary(config)}`)
          return
        }
        for (const warning of await proposeShell(config, folder, { base, files })) logger.warn(`warning ${warning}`)
        const fewer = "freshlayer({ files: ['index.html', 'assets/index-*.js'] })"
        for (const said of [...(await tellOfOthers(folder)), ...(await tellOfKept(folder, files, fewer))])
          logger.warn(`warning ${said}`)
        await assertOurs(folder)
        const out = resolve(folder, WORKER)
        const size = await buildWorker({ config: rules, out, files: folder, globs: files, define })
        logger.info(`freshlayer: ${relative(process.cwd(), out)}, ${(size / 1000).toFixed(1)} kB, ${summary(config)}`)
      },
    },
  }
}

/** Builds the worker when the browser asks for it, and tells open pages when its rules have changed. */
function inDevelopment(project: () => ViteProject): Plugin {
  return {
    name: 'freshlayer:serve',
    apply: 'serve',
    configureServer(server) {
      const { rules, define, vite } = project()
      const name = relative(vite.root, rules)
      const say = (problem: unknown): void =>
        vite.logger.error(`freshlayer: ${problem instanceof Error ? problem.message : String(problem)}`)
      const check = (): Promise<unknown> =>
        acceptedConfig(rules, (warning) => vite.logger.warn(`warning ${warning}`), define).then((config) => {
          const { pageWorker, pwa } = project()
          const of = pwa === undefined ? '' : ' of vite-plugin-pwa'
          vite.logger.info(`freshlayer: ${pageWorker.worker}${of} from ${name}, ${summary(config)}`)
        }, say)
      void check()
      server.watcher.add(rules)
      server.watcher.on('change', (file) => {
        if (resolve(file) !== rules) return
        void check().then(() => server.ws.send({ type: 'custom', event: RULES_CHANGED }))
      })
      server.middlewares.use((request, response, next) => {
        const { pageWorker, pwa } = project()
        const [path] = (request.url ?? '').split('?')
        if (path !== pageWorker.worker || pwa !== undefined) return next()
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

const kB = (script: string): string => (Buffer.byteLength(script) / 1000).toFixed(1)

const summary = ({ routes, writes = [] }: Config): string =>
  `${routes.length} ${routes.length === 1 ? 'route' : 'routes'}, ${writes.length} ${writes.length === 1 ? 'write' : 'writes'}`
