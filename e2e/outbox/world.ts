import { writeFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test as base } from '@playwright/test'
import { configModule } from '../../tools/build/config-module.ts'
import { libraryScript } from '../../tools/build/build-worker.ts'
import { pageScript } from '../sync/page-script.ts'
import { WritesBackend } from './backend.ts'
import { type Break, breaking } from './broken-worker.ts'
import { KillableBrowser } from './killable-browser.ts'

export { expect } from '@playwright/test'

/** Two processes of the runner may build at the same time. */
const FOLDER = `dist/e2e-outbox/world-${process.env['TEST_PARALLEL_INDEX']}`

/** A backend and a browser that may be killed, for all tests that can share them. */
export class World {
  readonly backend = new WritesBackend(FOLDER)
  readonly browser = new KillableBrowser()
  readonly #builds = new Map<string, Promise<string>>()
  #page: Promise<string> | undefined

  async open(): Promise<this> {
    await this.backend.open()
    return this
  }

  /**
   * A build of the worker, made once.
   *
   * @param rules in `rules-of-….ts`.
   * @param broken what is wrong with it. Default: nothing.
   * @returns its name, for `openShop`.
   */
  build(rules: string, broken?: Break): Promise<string> {
    const name = [rules, broken].filter((part) => part !== undefined).join('-')
    const made = this.#builds.get(name) ?? this.#build(name, rules, broken)
    this.#builds.set(name, made)
    return made
  }

  /** Of a build's worker and page. */
  folderOf(build: string): string {
    return join(FOLDER, build)
  }

  async close(): Promise<void> {
    await this.browser.close()
    await this.backend.close()
  }

  async #build(name: string, rules: string, broken: Break | undefined): Promise<string> {
    this.#page ??= pageScript('e2e/outbox/outbox-page.ts')
    const plugins = [
      configModule(`e2e/outbox/rules-of-${rules}.ts`),
      ...(broken === undefined ? [] : [breaking(broken)]),
    ]
    const worker = await libraryScript('sw-without-files', plugins)
    const folder = this.folderOf(name)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'sw.js'), worker)
    writeFileSync(join(folder, 'page.js'), await this.#page)
    return name
  }
}

/** One world for all tests until one fails. */
export const test = base.extend<object, { readonly world: World }>({
  world: [
    async ({}, use) => {
      const world = await new World().open()
      await use(world)
      await world.close()
    },
    { scope: 'worker' },
  ],
})
