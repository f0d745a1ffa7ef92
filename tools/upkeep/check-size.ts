import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { buildWorker } from '../build/build-worker.ts'
import { bundleWithParts } from '../files/bundle.ts'
import { prebuiltFiles } from '../build/prebuilt.ts'

/** What a page or a user downloads once: minified, brotli, in kB of 1000 bytes. */
interface Budget {
  readonly name: string
  readonly limitKb: number
  readonly script: (folder: string) => Promise<string>
  /** The same without a part: then the part alone counts. Default: all counts. */
  readonly without?: (folder: string) => Promise<string>
}

const RULES = `export default {
  version: '1', identity: 'none', shell: '/index.html',
  routes: [{ match: '/api/products/**', fresh: '5m', stale: '1h', offline: '7d', tags: ['api'] }],
}`

/** The worker of some rules: everyone gets the same answers, an app of one document. */
const workerOf =
  (rules: string) =>
  async (folder: string): Promise<string> => {
    const config = join(folder, 'rules.ts')
    const out = join(folder, 'sw.js')
    await writeFile(config, rules)
    await writeFile(join(folder, 'index.html'), '<!doctype html>')
    await buildWorker({ config, out, files: folder })
    return readFile(out, 'utf8')
  }

/** The smallest useful worker. */
const worker = workerOf(RULES)

const COLLECTION = `export default {
  version: '1', identity: 'none', shell: '/index.html', sync: { url: '/api/sync' },
  routes: [{ match: '/api/products/**', fresh: '5m', stale: '1h', offline: '7d', tags: ['api'] }],
  collections: { products: { list: '/api/products', item: '/api/products/:id' } },
}`

const QUEUE = `export default {
  version: '1', identity: 'none', shell: '/index.html',
  routes: [{ match: '/api/products/**', fresh: '5m', stale: '1h', offline: '7d', tags: ['api'] }],
  writes: [{ match: 'POST /api/products', offline: 'queue', idempotent: true }],
}`

const BATCH = QUEUE.replace(
  'idempotent: true }],',
  "idempotent: true, entity: 'product' }], outbox: { batch: { url: '/api/sync', entities: { product: 'products' } } },",
)

/** The demo's worker: a dozen and more rules, two ways to tell users apart. */
async function demoWorker(folder: string): Promise<string> {
  const out = join(folder, 'demo-sw.js')
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  await buildWorker({ config: 'config/freshlayer.config.ts', out, files: folder })
  return readFile(out, 'utf8')
}

/** A page that connects, and uses nothing else of what the tab's entry has: its script, or one that it loads later. */
const tab =
  (name = 'tab.js') =>
  async (folder: string): Promise<string> => {
    const input = join(folder, 'tab.ts')
    // As in an app: where the entry exports something, the bundler puts what parts share into a further file.
    await writeFile(input, `import { connect } from ${JSON.stringify(resolve('app/tab/index.ts'))}\nconnect()`)
    const script = (await bundleWithParts(input, 'tab')).find(({ fileName }) => fileName === name)
    if (script === undefined) throw new Error(`${name} is no file of its own`)
    return script.code
  }

/** A page that connects, and uses this of an entry. The libraries that the entry binds are the app's own. */
const tabWith =
  (module: string, ...names: readonly string[]) =>
  async (folder: string): Promise<string> => {
    const input = join(folder, 'tab-with.ts')
    const from = (file: string): string => JSON.stringify(resolve('app/tab', file))
    const used = `import { ${names.join(', ')} } from ${from(module)}\nuse(${names.join(', ')})`
    await writeFile(input, `import { connect } from ${from('index.ts')}\nconnect()\n${used}`)
    const build = await rolldown({ input, external: ['react', 'swr'], tsconfig: false })
    const { output } = await build.generate({ format: 'esm', minify: true })
    await build.close()
    return output[0].code
  }

/** What a bundle has of an entry of which it imports one name. */
const entry =
  (module: string, name: string) =>
  async (folder: string): Promise<string> => {
    const input = join(folder, `${name}.ts`)
    await writeFile(input, `export { ${name} } from ${JSON.stringify(resolve(module))}`)
    const [script] = await bundleWithParts(input, name)
    return script.code
  }

/** A script for apps without a build, as it is. */
const prebuilt = (name: string) => async (): Promise<string> => {
  const found = (await prebuiltFiles()).find(({ file }) => file === name)
  if (found === undefined) throw new Error(`${name} is none of the prebuilt scripts`)
  return found.text
}

const BUDGETS: readonly Budget[] = [
  { name: 'worker with precache and navigation', limitKb: 20, script: worker },
  {
    name: 'what `versions` of a rule adds to it',
    limitKb: 1.5,
    script: workerOf(RULES.replace('tags:', "versions: '/api/versions/products', tags:")),
    without: worker,
  },
  { name: 'what a collection adds to it', limitKb: 4, script: workerOf(COLLECTION), without: worker },
  { name: 'what a queued write adds to it', limitKb: 4.5, script: workerOf(QUEUE), without: worker },
  { name: 'what batches add to that', limitKb: 3.6, script: workerOf(BATCH), without: workerOf(QUEUE) },
  {
    name: 'what records of local stores add to that',
    limitKb: 1,
    script: workerOf(QUEUE.replace('writes:', 'outbox: { records: true }, writes:')),
    without: workerOf(QUEUE),
  },
  { name: 'the same with the demo’s rules and identities', limitKb: Infinity, script: demoWorker },
  { name: 'tab client', limitKb: 2.5, script: tab() },
  { name: 'what the page loads once it is at rest', limitKb: 4.4, script: tab('tab-more.js') },
  { name: 'what a page with a feed loads beside it', limitKb: 5.5, script: tab('tab-push.js') },
  {
    name: 'the rules in a page without a worker',
    limitKb: 20.2,
    script: entry('app/page/index.ts', 'createFreshness'),
  },
  { name: 'tab client, and observe()', limitKb: 9, script: tabWith('index.ts', 'observe') },
  {
    name: 'tab client, and the hooks for React',
    limitKb: 9.5,
    script: tabWith('react/index.ts', 'useCachedQuery', 'cacheQuery'),
  },
  {
    name: 'the same, and those that write',
    limitKb: 12.2,
    script: tabWith('react/index.ts', 'useCachedQuery', 'cacheQuery', 'useSyncedQuery', 'useSyncedMutation', 'useSync'),
  },
  { name: 'tab client, and the bridge to SWR', limitKb: 7.6, script: tabWith('swr/index.ts', 'freshlayerSwr') },
  {
    name: 'tab client, and the binding of TanStack Query',
    limitKb: 12.2,
    script: tabWith('tanstack-query/index.ts', 'bindQueryClient'),
  },
  { name: 'joinRecords alone', limitKb: 4.8, script: entry('app/tab/records/index.ts', 'joinRecords') },
  { name: 'exportOutbox alone', limitKb: 0.9, script: entry('app/tab/index.ts', 'exportOutbox') },
  { name: 'defineConfig', limitKb: 0.1, script: entry('config/index.ts', 'defineConfig') },
  {
    name: 'a worker that takes its rules at runtime',
    limitKb: 60.7,
    script: entry('sw/worker/index.ts', 'freshlayer'),
  },
  // No build leaves out what the rules do not use, and the check of the rules is in it.
  { name: 'prebuilt worker', limitKb: 66.3, script: prebuilt('freshlayer-sw.js') },
  { name: 'prebuilt part of a worker', limitKb: 64.3, script: prebuilt('freshlayer-attach.js') },
  {
    name: 'what either loads for rules with collections',
    limitKb: 15.7,
    script: prebuilt('freshlayer-collections.js'),
  },
  { name: 'what either loads for rules that queue writes', limitKb: 34.8, script: prebuilt('freshlayer-outbox.js') },
  { name: 'prebuilt page script', limitKb: 5.6, script: prebuilt('freshlayer-page.js') },
]

const folder = await mkdtemp(join(tmpdir(), 'freshlayer-size-'))
try {
  for (const { name, limitKb, script, without } of BUDGETS) {
    const [text, rest] = [await script(folder), (await without?.(folder)) ?? '']
    const sizeOf = (of: string): number => (of === '' ? 0 : brotliCompressSync(of).length / 1000)
    const kb = sizeOf(text) - sizeOf(rest)
    const minifiedKb = (text.length - rest.length) / 1000
    const verdict = limitKb === Infinity ? '' : kb <= limitKb ? `, within ${limitKb}` : `, OVER ${limitKb}`
    console.log(`${name}: ${kb.toFixed(1)} kB brotli (${minifiedKb.toFixed(1)} kB minified)${verdict}`)
    if (kb > limitKb) process.exitCode = 1
  }
} finally {
  await rm(folder, { recursive: true })
}
