import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, Shop, test } from './test.ts'

test('the package is one that bundlers, Node and TypeScript understand', () => {
  // Each tool exits with an error where it finds one.
  execFileSync('npm', ['run', 'check:package'], { cwd: fileURLToPath(new URL('../../', import.meta.url)) })
})

test('an install runs no script and brings what the layer needs alone; each entry can be imported where it may be', async ({
  project,
}) => {
  const app = project({
    'import.mjs': `
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { connect, exportOutbox } from 'freshlayer'
import { defineConfig } from 'freshlayer/config'
import { notModifiedFields } from 'freshlayer/server'
import { attach, freshlayer } from 'freshlayer/sw'
import { createFreshness } from 'freshlayer/page'
import { bindQueryClient } from 'freshlayer/tanstack-query'
import { freshlayer as plugin } from 'freshlayer/vite'
const bound = [connect, defineConfig, notModifiedFields, attach, plugin, createFreshness, bindQueryClient]
console.log(bound.map((each) => typeof each).join())
const layer = connect({ identify: () => 'ada' })
console.log(layer.state.controlled, await layer.stats(), await exportOutbox(async () => undefined))
try {
  freshlayer({ version: '1', identity: 'none', routes: [] })
} catch (error) {
  console.log(String(error))
}
const pages = ['freshlayer-page.js', 'freshlayer-page-development.js', 'freshlayer-page-more.js', 'freshlayer-page-push.js']
const files = ['freshlayer-sw.js', ...pages, 'freshlayer-attach.js', 'freshlayer-collections.js', 'freshlayer-outbox.js']
const text = (name) => readFileSync(fileURLToPath(import.meta.resolve('freshlayer/' + name)), 'utf8')
console.log(files.every((name) => text(name).length > 500), JSON.parse(text('schema.json')).title)
`,
  })
  await app.install()
  const installed = JSON.parse((await app.run('npm', 'ls', '--all', '--json')).output) as Tree
  const names = new Set<string>()
  collect(installed, names)
  // The demo, its database and the tests' tools are none of it; platforms have one binding of the bundler each.
  expect(
    [...names].filter((name) => /^(react|hono|pg|vite|playwright|typescript|workbox-build|ajv)$/.test(name)),
  ).toEqual([])
  expect(names.size).toBeLessThan(45)
  expect(await app.run('npm', 'query', ':attr(scripts, [postinstall]), :attr(scripts, [install])')).toEqual({
    output: '[]\n',
    code: 0,
  })
  // Without Vite: its plugin asks it for types alone. The process ends by itself, so nothing is left open.
  expect(await app.run('node', 'import.mjs')).toEqual({
    output: `function,function,function,function,function,function,function
false undefined 0
TypeError: freshlayer(config) belongs in a service worker. This is Node: bundle the worker's script for the browser
true Rules of Freshlayer
`,
    code: 0,
  })
})

/** Texts that a part of the layer has in it, whatever a bundler makes of its names. */
const PARTS = {
  worker: 'skipWaiting',
  outbox: 'a function that keeps the writes',
  connecting: 'two copies of this package',
}

/** Which parts a bundle has. */
const partsOf = (text: string): string[] =>
  Object.entries(PARTS).flatMap(([part, mark]) => (text.includes(mark) ? [part] : []))

/** What an app imports, and which parts of the layer its bundle may have by that. */
const IMPORTS: readonly (readonly [name: string, source: string, parts: readonly string[]])[] = [
  ['nothing', "import 'freshlayer'\nimport 'freshlayer/config'", []],
  ['connect', "import { connect } from 'freshlayer'\nconnect()", ['connecting']],
  ['outbox', "import { exportOutbox } from 'freshlayer'\nvoid exportOutbox(async () => {})", ['outbox']],
  ['config', "import { defineConfig } from 'freshlayer/config'\nconsole.log(defineConfig)", []],
  ['worker', "import { freshlayer } from 'freshlayer/sw'\nfreshlayer(self.rules)", ['worker']],
]

test('esbuild, webpack and Vite take of each entry what is imported, and no more', async ({ project }) => {
  const app = project(Object.fromEntries(IMPORTS.map(([name, source]) => [`src/${name}.js`, source])))
  await app.install('esbuild', 'webpack@5', 'webpack-cli@6', 'vite@8')
  const entries = JSON.stringify(Object.fromEntries(IMPORTS.map(([name]) => [name, `./src/${name}.js`])))
  app.write(
    'webpack.config.cjs',
    `module.exports = { mode: 'production', entry: ${entries}, performance: false,
      output: { path: __dirname + '/out-webpack', filename: '[name].js' } }`,
  )
  // A library: else Vite would put what two entries share into a file of its own.
  app.write(
    'build.mjs',
    `import { build } from 'vite'
for (const [fileName, entry] of Object.entries(${entries}))
  await build({ configFile: false, logLevel: 'error', build: { outDir: 'out-vite', emptyOutDir: false,
    lib: { entry, formats: ['es'], fileName: () => fileName + '.js' } } })`,
  )
  const files = IMPORTS.map(([name]) => `src/${name}.js`)
  const said = [
    await app.run(
      'npx',
      'esbuild',
      ...files,
      '--bundle',
      '--minify',
      '--format=esm',
      '--outdir=out-esbuild',
      '--log-level=error',
    ),
    await app.run('npx', 'webpack', '--stats=errors-warnings'),
    await app.run('node', 'build.mjs'),
  ]
  for (const { code, output } of said) expect(code, output).toBe(0)
  for (const bundler of ['esbuild', 'webpack', 'vite']) {
    const bundled = IMPORTS.map(([name]) => {
      const file = app.path(`out-${bundler}/${name}.js`)
      return [name, partsOf(existsSync(file) ? readFileSync(file, 'utf8') : '')]
    })
    expect(bundled, bundler).toEqual(IMPORTS.map(([name, , parts]) => [name, parts]))
  }
})

test('a bare browser loads the page’s entry as modules, without a bundler', async ({ project, browserContext }) => {
  const app = project({
    'index.html': `<!doctype html><title>Bare</title>
<script type="importmap">{ "imports": {
  "freshlayer": "/node_modules/freshlayer/lib/app/tab/index.js",
  "freshlayer/config": "/node_modules/freshlayer/lib/config/index.js"
} }</script>
<script type="module">
import { connect } from 'freshlayer'
import { defineConfig } from 'freshlayer/config'
document.title = typeof connect().applyUpdate + typeof defineConfig
</script>`,
  })
  await app.install()
  const shop = new Shop(app.folder)
  await shop.start()
  const page = await browserContext.newPage()
  await page.goto(shop.url)
  await expect(page).toHaveTitle('functionfunction')
  await shop.stop()
})

/** What types of each entry a strict TypeScript project relies on. `Is` compiles for equal types alone. */
const EQUAL = `type Is<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const is = <T extends true>(): T | void => undefined
`
const TYPES = {
  'page.ts': `import { CacheError, type ChangeEvent, connect, exportOutbox, type Freshlayer, type State } from 'freshlayer'
${EQUAL}
const layer = connect({ worker: '/sw.js', identify: () => null, mayUpdate: () => true })
is<Is<typeof layer, Freshlayer>>()
is<Is<Parameters<Parameters<typeof layer.on<'change'>>[1]>, [change: ChangeEvent]>>()
is<Is<typeof layer.state, State>>()
is<Is<Awaited<ReturnType<typeof layer.remove>>, number>>()
is<Is<ReturnType<typeof exportOutbox>, Promise<number>>>()
is<Is<InstanceType<typeof CacheError>['code'], 'config-refused' | 'no-answer' | 'store-unavailable'>>()
// @ts-expect-error -- A number is no user.
connect({ identify: () => 7 })
// @ts-expect-error -- There is no such event.
layer.on('changes', () => undefined)
`,
  'rules.ts': `import { type Config, defineConfig, type Duration } from 'freshlayer/config'
${EQUAL}
const rules = defineConfig({ version: '1', identity: 'none', routes: [{ match: '/a/:id', tags: ['a:{id}'] }] })
const config: Config = rules
void config
const duration: Duration = '1.5h'
void duration
// @ts-expect-error -- '5mins' is no duration.
defineConfig({ version: '1', identity: 'none', routes: [{ match: '/a', fresh: '5mins' }] })
// @ts-expect-error -- The pattern has no parameter of that name.
defineConfig({ version: '1', identity: 'none', routes: [{ match: '/a/:id', tags: ['a:{key}'] }] })
`,
  'tools.ts': `import { freshlayer, type FreshlayerOptions } from 'freshlayer/vite'
import { notModifiedFields } from 'freshlayer/server'
import type { Plugin } from 'vite'
${EQUAL}
is<Is<ReturnType<typeof freshlayer>, Plugin[]>>()
is<Is<FreshlayerOptions['files'], readonly string[] | undefined>>()
void notModifiedFields
`,
  'worker.ts': `import { attach, freshlayer, type HandedIn } from 'freshlayer/sw'
import type { Config } from 'freshlayer/config'
${EQUAL}
is<Is<Parameters<typeof attach>, [scope: ServiceWorkerGlobalScope, config: Config, parts?: HandedIn]>>()
is<Is<Parameters<typeof freshlayer>[0], Config>>()
`,
}

test('the types of each entry are what they say, under strict, without skipLibCheck, for bundlers and for Node', async ({
  project,
}) => {
  const programs = [
    { files: ['page.ts', 'rules.ts'], lib: ['ES2023', 'DOM', 'DOM.Iterable'], types: [] },
    { files: ['worker.ts'], lib: ['ES2023', 'WebWorker', 'WebWorker.Iterable', 'WebWorker.AsyncIterable'], types: [] },
    { files: ['tools.ts'], lib: ['ES2023', 'DOM'], types: ['node'] },
  ]
  const app = project(TYPES)
  await app.install('typescript@5', 'vite@8', '@types/node@20')
  for (const [module, moduleResolution] of [
    ['ESNext', 'bundler'],
    ['Node16', 'Node16'],
  ]) {
    for (const [at, { files, ...options }] of programs.entries()) {
      const compilerOptions = {
        ...options,
        module,
        moduleResolution,
        target: 'ES2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        noEmit: true,
      }
      const name = `tsconfig.${at}.json`
      app.write(name, JSON.stringify({ compilerOptions, files }))
      expect(await app.run('npx', 'tsc', '-p', name), `${files.join()} ${moduleResolution}`).toEqual({
        output: '',
        code: 0,
      })
    }
  }
})

interface Tree {
  /** Absent: a peer that is not installed. */
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, Tree>>
}

function collect({ dependencies = {} }: Tree, names: Set<string>): void {
  for (const [name, tree] of Object.entries(dependencies)) {
    if (tree.version !== undefined) names.add(name)
    collect(tree, names)
  }
}
