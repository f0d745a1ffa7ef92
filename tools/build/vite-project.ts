import { posix, resolve } from 'node:path'
import type { ResolvedConfig } from 'vite'
import { findConfig } from '../rules/find-config.ts'
import type { Defines } from '../rules/load-config.ts'
import { type PageWorker, Pwa, PWA_DEV_WORKER } from './beside-pwa.ts'
import { WORKER } from './own-worker.ts'

/** What the plugin's options name. */
interface Named {
  /** The rules file, from the root. */
  readonly config: string | undefined
  /** The worker of vite-plugin-pwa, from the base. */
  readonly worker: string | undefined
}

/** What an app's own config says of it. */
export class ViteProject {
  readonly vite: ResolvedConfig
  /** The rules file. Absolute. */
  readonly rules: string
  readonly define: Defines
  /** Undefined in an app without vite-plugin-pwa, and in development where that one has no worker. */
  pwa: Pwa | undefined
  /** The worker that pages register. */
  pageWorker: PageWorker
  /** From the base. */
  readonly #named: string | undefined
  #isLearnt = false

  constructor(vite: ResolvedConfig, { config, worker }: Named) {
    const { root, env, define = {}, plugins } = vite
    const given = Object.entries(define).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ])
    this.vite = vite
    this.rules = resolve(root, config ?? findConfig(root))
    this.define = { 'import.meta.env': JSON.stringify(env), ...Object.fromEntries(given) }
    this.pwa = Pwa.among(plugins)
    this.#named = worker
    this.pageWorker = { worker: this.#inBase(WORKER) }
  }

  /**
   * Asks vite-plugin-pwa, where the app has it, for its worker. Before that nothing is known of it.
   *
   * @param isModule whether the worker of development is the app's own module, as for `injectManifest`.
   */
  async learnWorker(isModule: () => Promise<boolean>): Promise<void> {
    if (this.pwa === undefined || this.#isLearnt) return
    this.#isLearnt = true
    if (this.pwa.isDisabled()) {
      this.pwa = undefined
      return
    }
    const registered = this.pwa.registered()
    if (this.vite.command === 'build') {
      this.pageWorker = registered ?? { worker: this.#inBase(this.#named ?? WORKER) }
    } else if (registered !== undefined || this.pwa.isServed()) {
      const worker = this.#inBase(PWA_DEV_WORKER)
      this.pageWorker = registered ?? { worker, type: (await isModule()) ? 'module' : 'classic' }
    } else {
      this.pwa = undefined
    }
  }

  /** The path of a worker's script. A base that is an address is where files are; a worker is of the page's own origin. */
  #inBase(file: string): string {
    const { pathname, search } = new URL(file, new URL(this.vite.base, 'http://app.invalid'))
    return pathname + search
  }

  /** The file of the worker, from the built folder. */
  get workerFile(): string {
    return posix.relative(this.#inBase('./'), this.pageWorker.worker)
  }
}
