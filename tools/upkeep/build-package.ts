import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prebuiltFiles } from '../build/prebuilt.ts'
import { configSchema } from '../schema/config-schema.ts'

/** What the package has of the sources, and for which place each part is compiled: entries, and with them what they import. */
const PROGRAMS = [
  {
    entries: [
      'app/tab/index.ts',
      'app/tab/auto.ts',
      'app/tab/connect-at-load.ts',
      'app/tab/react/index.ts',
      'app/tab/swr/index.ts',
      'app/tab/records/index.ts',
      'app/page/index.ts',
      'app/tab/tanstack-query/index.ts',
      'app/strip/strip.ts',
    ],
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    types: [],
  },
  {
    entries: ['index', 'elsewhere', 'sw', 'sw-without-files', 'attached', 'kill-worker', 'workbox/index']
      .map((name) => `sw/worker/${name}.ts`)
      .concat('sw/worker/virtual-rules.d.ts'),
    lib: ['ES2023', 'WebWorker', 'WebWorker.Iterable', 'WebWorker.AsyncIterable'],
    types: [],
  },
  { entries: ['config/index.ts'], lib: ['ES2023'], types: [] },
  {
    entries: ['tools/vite.ts', 'tools/cli.ts', 'server/index.ts'].concat(
      ['recording-rules', 'analysis-thread'].map((name) => `tools/try/${name}.ts`),
    ),
    lib: ['ES2023'],
    types: ['node'],
  },
]

const root = fileURLToPath(new URL('../../', import.meta.url))
const out = join(root, 'lib')
const temporary = join(root, '.cache', 'package')

/**
 * Compiles what the package has, into `lib`: a module of JavaScript and its types for each of the sources, and beside them
 * the scripts for apps without a build, and the schema of the rules.
 */
async function buildPackage(): Promise<void> {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  for (const [index, { entries, lib, types }] of PROGRAMS.entries()) {
    const project = join(temporary, `tsconfig.${index}.json`)
    const compilerOptions = {
      lib,
      types,
      noEmit: false,
      declaration: true,
      rewriteRelativeImportExtensions: true,
      rootDir: root,
      outDir: out,
    }
    const files = entries.map((entry) => resolve(root, entry))
    writeFileSync(
      project,
      JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, files, include: [] }),
    )
    execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', project], { stdio: 'inherit' })
  }
  chmodSync(join(out, 'tools', 'cli.js'), 0o755)
  mkdirSync(join(out, 'prebuilt'))
  for (const { file, text } of await prebuiltFiles()) writeFileSync(join(out, 'prebuilt', file), text)
  writeFileSync(join(out, 'schema.json'), JSON.stringify(configSchema()))
}

await buildPackage()
