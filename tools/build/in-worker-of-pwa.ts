import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import type { Plugin, ViteDevServer } from 'vite'
import { inFrontOf, PWA_DEV_WORKER } from './beside-pwa.ts'
import { workerScript } from './build-worker.ts'
import { holdsLayer } from './own-worker.ts'
import type { ViteProject } from './vite-project.ts'

/** The layer as a module, for a worker whose imports would come before a script in front of it. */
const PART = 'virtual:freshlayer/part'

/** Puts the layer into the worker that vite-plugin-pwa serves in development. */
export function inWorkerOfPwa(project: () => ViteProject): Plugin {
  let server: ViteDevServer | undefined
  /** The module of that worker: its source for `injectManifest`. */
  let worker: string | undefined
  const part = (): Promise<string> => {
    const { rules, define } = project()
    return workerScript({ config: rules, attach: true, define })
  }
  return {
    name: 'freshlayer:pwa',
    apply: 'serve',
    enforce: 'pre',
    configureServer(started) {
      server = started
      started.watcher.on('change', (file) => {
        if (resolve(file) === project().rules) forget()
      })
    },
    async resolveId(source, importer, options) {
      if (source.startsWith(PART)) return `\0${source}`
      if (project().pwa === undefined || !source.endsWith(PWA_DEV_WORKER)) return undefined
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
      worker = resolved?.id
      return resolved
    },
    load: (id) => (id.startsWith(`\0${PART}`) ? part() : undefined),
    async transform(code, id) {
      if (project().pwa === undefined || (id !== worker && !id.endsWith(PWA_DEV_WORKER))) return undefined
      if (holdsLayer(code)) return undefined
      const script = await part()
      if (!/^\s*import\b/m.test(code)) return { code: inFrontOf(code, script), map: null }
      // Modules run in the order of their imports. A change is in the first of them, where each browser looks for it.
      const digest = createHash('sha256').update(script).digest('hex').slice(0, 12)
      return { code: `import ${JSON.stringify(`${PART}?${digest}`)}\n${code}`, map: null }
    },
  }

  /** The next request for the worker transforms it anew. */
  function forget(): void {
    if (server === undefined) return
    const { moduleGraph } = server
    for (const id of [worker, project().pageWorker.worker]) {
      const found = id === undefined ? undefined : moduleGraph.getModuleById(id)
      if (found !== undefined) moduleGraph.invalidateModule(found)
    }
  }
}
