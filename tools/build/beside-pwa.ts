import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { holdsLayer } from './own-worker.ts'

/** A plugin of Vite, as far as it matters here. */
interface Plugin {
  readonly name: string
  readonly api?: unknown
}

/** The worker that the pages of an app register. */
export interface PageWorker {
  /** Its address, from the origin. */
  readonly worker: string
  /** Default: the folder of its script. */
  readonly scope?: string
  /** Default: 'classic'. */
  readonly type?: 'classic' | 'module'
}

/** The address of vite-plugin-pwa's worker in development, from the base. */
export const PWA_DEV_WORKER = 'dev-sw.js?dev-sw'

/** What vite-plugin-pwa says of itself by the `api` of its plugin, which is the same in 0.21, 1 and 2. */
export class Pwa {
  readonly #api: object

  private constructor(api: object) {
    this.#api = api
  }

  /** The one of these plugins; undefined where there is none. */
  static among(plugins: readonly Plugin[]): Pwa | undefined {
    const api: unknown = plugins.find(({ name }) => name === 'vite-plugin-pwa')?.api
    return typeof api === 'object' && api !== null ? new Pwa(api) : undefined
  }

  /** Whether it does nothing (`disable: true`). It knows when Vite has started to build or serve, and not before. */
  isDisabled(): boolean {
    return 'disabled' in this.#api && this.#api.disabled === true
  }

  /**
   * The worker that it registers. Undefined where the app registers by itself (`injectRegister: false`), and in development
   * without `devOptions.enabled`. Ask before a module is loaded: it forgets this once the app imports `virtual:pwa-register`.
   */
  registered(): PageWorker | undefined {
    const said = this.#ask('registerSWData')
    if (typeof said !== 'object' || said === null) return undefined
    if (!('inlinePath' in said && typeof said.inlinePath === 'string')) return undefined
    return {
      worker: said.inlinePath,
      ...('scope' in said && typeof said.scope === 'string' ? { scope: said.scope } : {}),
      ...('type' in said && said.type === 'module' ? { type: said.type } : {}),
    }
  }

  /** Whether it serves a worker in development, as far as its web manifest shows. */
  isServed(): boolean {
    return this.#ask('webManifestData') !== undefined
  }

  #ask(method: 'registerSWData' | 'webManifestData'): unknown {
    const ask: unknown = Reflect.get(this.#api, method)
    return typeof ask === 'function' ? Reflect.apply(ask, this.#api, []) : undefined
  }
}

/**
 * Puts the layer in front of everything else in the worker that vite-plugin-pwa has written, so that its `fetch` handler is
 * the first. A source map beside it is moved by as many lines.
 *
 * @param folder the built app.
 * @param file the worker, from the folder.
 * @returns whether the worker had the layer before, by a line of its own.
 * @throws where there is no such file, or one that removes itself.
 */
export async function putIntoWorker(folder: string, file: string, part: string): Promise<'put' | 'had'> {
  const path = resolve(folder, file)
  if (!existsSync(path)) throw new Error(notThere(path))
  const script = await readFile(path, 'utf8')
  if (holdsLayer(script)) return 'had'
  if (removesItself(script)) throw new Error(`${path} removes itself (selfDestroying): leave freshlayer() out as well`)
  await writeFile(path, inFrontOf(script, part))
  const map = join(dirname(path), `${basename(path)}.map`)
  if (existsSync(map)) await writeFile(map, movedMap(await readFile(map, 'utf8'), part))
  return 'put'
}

/** A script behind another, which leaves both what they are: a directive stays the first statement. */
export function inFrontOf(script: string, part: string): string {
  const isStrict = /^\s*["']use strict["']/.test(script)
  return `${isStrict ? "'use strict';" : ''}${part.trimEnd()};\n${script}`
}

/** A source map whose script has begun this many lines later. */
function movedMap(text: string, part: string): string {
  const map: unknown = JSON.parse(text)
  if (typeof map !== 'object' || map === null || !('mappings' in map)) return text
  return JSON.stringify({ ...map, mappings: ';'.repeat(part.trimEnd().split('\n').length) + String(map.mappings) })
}

const notThere = (path: string): string =>
  `vite-plugin-pwa has written no ${path}: name its worker, as freshlayer({ worker: 'my-sw.js' }), and put freshlayer() after VitePWA()`

const removesItself = (script: string): boolean =>
  script.length < 3000 && /registration\s*\.\s*unregister\(\)/.test(script)
