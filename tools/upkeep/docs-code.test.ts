import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'
import { parseFragment } from 'parse5'
import { afterAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../config/language/index.ts'
import { configModule } from '../build/config-module.ts'
import { CLI, PLAIN, PROGRAM } from '../cli.fixture.ts'
import { bundle } from '../files/bundle.ts'
import { sourcePath } from '../files/source-path.ts'
import { entry, har } from '../recording/har.fixture.ts'
import { loadConfig } from '../rules/load-config.ts'

const root = resolve('.')
const folder = mkdtempSync(join(tmpdir(), 'freshlayer-docs-code-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Block {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly code: string
}

const PAGES = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !/^(?:decisions|discoveries|reference)\b/.test(path))
    .map((path) => join('docs', path)),
]

/** The code blocks of the pages, without the indentation of the list that they stand in. */
const BLOCKS: readonly Block[] = PAGES.flatMap((page) => {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(/^( *)```(\w+)\n(.*?)^ *```/gms)].map(
    ([, indent = '', language = '', code = ''], index) => ({
      page,
      line: text.slice(0, [...text.matchAll(/^ *```\w+\n/gms)][index]?.index).split('\n').length,
      language,
      code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
})
const blocksIn = (...languages: readonly string[]): [string, Block][] =>
  BLOCKS.filter(({ language }) => languages.includes(language)).map((block) => [`${block.page}:${block.line}`, block])

describe('code on the pages', () => {
  it.each(blocksIn('ts', 'tsx', 'js', 'jsx'))('%s can be parsed', (_, { language, code }) => {
    const errorsOf = (text: string): unknown[] => parseSync(`page.${language}`, text).errors
    // What is not a module may be a piece of the rules: options of an object, one in a line, or the object.
    const first = errorsOf(code)
    const isPiece = [`({${code}})`, `(${code})`, `({${code.replaceAll('\n', ',\n')}})`].some(
      (text) => errorsOf(text).length === 0,
    )
    expect(first.length === 0 || isPiece, JSON.stringify(first)).toBe(true)
  })

  it.each(blocksIn('json'))('%s is JSON', (_, { code }) => {
    expect(() => JSON.parse(code) as unknown).not.toThrow()
  })

  it.each(blocksIn('html', 'vue', 'svelte'))('%s is HTML without an error', (_, { code }) => {
    const errors: string[] = []
    parseFragment(code, { onParseError: ({ code: error }) => errors.push(error) })
    // A piece of a page may begin with its doctype.
    expect(errors.filter((error) => error !== 'unexpected-doctype')).toEqual([])
  })
})

describe('rules on the pages', () => {
  const configs = blocksIn('ts', 'js').filter(([, { code }]) =>
    code.includes('export default defineConfig({\n  version'),
  )

  it.each(configs)('%s pass the check and become a worker', async (place, { code }) => {
    const file = join(folder, `${place.replaceAll(/\W/g, '-')}.ts`)
    writeFileSync(file, code.replace("'freshlayer/config'", `'${join(root, 'config/index.ts')}'`))
    const { problems } = await loadConfig(file)
    expect(problems.map(formatProblem)).toEqual([])
    // Not minified: that takes most of a build's time, and says nothing of the rules.
    const plugins = [configModule(file)]
    expect(await bundle(sourcePath('sw/worker/sw'), { platform: 'browser', format: 'iife', plugins })).not.toBe('')
  })
})

describe('modules on the pages', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, string | { types?: string; default: string }>
  }
  /** Each entry of the package, from its sources. */
  const paths = Object.fromEntries(
    Object.entries(exports).flatMap(([entry, target]) =>
      typeof target === 'string' || target.types === undefined
        ? []
        : [
            [
              `freshlayer${entry.slice(1)}`,
              [join(root, target.types.replace('./lib/', '').replace(/\.d\.ts$/, '.ts'))],
            ],
          ],
    ),
  )
  const modules = blocksIn('ts', 'tsx').filter(([, { code }]) => /^import .*'freshlayer/m.test(code))

  it('name what the package has, with its types', () => {
    // Inside of the repository, where its packages are found.
    const project = join(root, '.cache/docs-code')
    rmSync(project, { recursive: true, force: true })
    mkdirSync(project, { recursive: true })
    const places = new Map<string, string>()
    for (const [place, { language, code }] of modules) {
      const file = `${place.replaceAll(/\W/g, '-')}.${language}`
      places.set(file, place)
      writeFileSync(join(project, file), `${code}\nexport {}\n`)
    }
    const compilerOptions = {
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      types: ['node', 'vite/client'],
      jsx: 'react-jsx',
      paths,
      noUnusedLocals: false,
      noUnusedParameters: false,
    }
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['*'] }),
    )
    const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], {
      encoding: 'utf8',
      cwd: project,
    })
    const said = stdout.split('\n').flatMap((line) => {
      const [, file = '', rest = ''] = /^([\w-]+\.tsx?)(\(.*error TS.*)$/.exec(line) ?? []
      return places.has(file) ? [`${places.get(file)} ${rest}`] : []
    })
    // A piece of an app names what the app has, such as a form, a module of its own, or a library that a checkout lacks; and
    // what comes from such a library has no type.
    const lacks = new Set(said.flatMap((line) => (/error TS2307/.test(line) ? [line.split(' ')[0]] : [])))
    const isOfApp = (line: string): boolean =>
      /error TS(2304|2552|18004)/.test(line) ||
      /error TS2307: Cannot find module '(?!freshlayer)/.test(line) ||
      (/error TS7006/.test(line) && lacks.has(line.split(' ')[0]))
    expect(said.filter((line) => !isOfApp(line))).toEqual([])
    expect(modules.length).toBeGreaterThan(5)
  }, 120_000)
})

describe('commands on the pages', () => {
  const named = PAGES.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/npx freshlayer ([a-z]+)([^`|\n]*)/g)].map(([, name = '', rest = '']) => ({
      page,
      name,
      flags: [...rest.matchAll(/(?<=\s)--([\w-]+)/g)].map(([, flag = '']) => flag),
    })),
  )

  it.each([...new Set(named.map(({ name }) => name))])('%s is one, and has the flags that they name', (name) => {
    const { stdout, status } = spawnSync(PROGRAM, [...CLI, name, '--help'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).toContain(`freshlayer ${name}`)
    const known = [...stdout.matchAll(/--([\w-]+)/g)].map(([, flag = '']) => flag)
    const flags = named.filter((one) => one.name === name).flatMap((one) => one.flags)
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([])
  })

  /** Each line that is a command, once. */
  const lines = new Set(
    PAGES.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/^ *(npx freshlayer .*)$/gm)].map(([, line = '']) => line),
    ),
  )

  it.each([...lines])(
    '%s does what it says, in a project like the pages have',
    async (line) => {
      const { server, url } = await backend()
      try {
        const cwd = projectFor(line)
        const command = line
          .replace(/^npx freshlayer/, [PROGRAM, ...CLI].join(' '))
          .replace(/http:\/\/localhost:\d+/, url)
          .replace(/ init$/, ' init --yes')
        const { code, output } = await run(command, cwd, line.includes(' try '))
        expect(code, output).toBe(0)
      } finally {
        server.closeAllConnections()
        server.close()
      }
    },
    // From the sources `copy` bundles and minifies each prebuilt script first.
    300_000,
  )
})

/** The app's server and its API. */
async function backend(): Promise<{ server: Server; url: string }> {
  const server = createServer(({ url = '' }, response) => {
    const isApi = url.startsWith('/api/')
    response.writeHead(200, { 'content-type': isApi ? 'application/json' : 'text/html', etag: '"1"' })
    response.end(isApi ? '{"id":1}' : '<!doctype html><head></head>')
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}` }
}

/** A project with what the pages talk of: rules, a built folder, a folder of plain files, a recording. */
function projectFor(line: string): string {
  const cwd = mkdtempSync(join(folder, 'project-'))
  const write = (file: string, text: string): void => {
    mkdirSync(dirname(join(cwd, file)), { recursive: true })
    writeFileSync(join(cwd, file), text)
  }
  write('package.json', '{ "name": "app", "type": "module", "scripts": { "build": "true" } }')
  write('dist/index.html', '<!doctype html><head></head>')
  write('dist/assets/index-1a2b3c4d.js', '1')
  write('tour.har', JSON.stringify(har([1, 2].map((id) => entry(`http://localhost:3000/api/products/${id}`)))))
  const rules = { version: '1', identity: 'none', routes: [{ match: '/api/products/:id', fresh: '5m' }] }
  // Neither command writes over rules.
  if (!/ --out freshlayer\.config\.ts| init$/.test(line))
    write('freshlayer.config.ts', `export default ${JSON.stringify({ ...rules, shell: '/index.html' })}`)
  write('public/index.html', '<!doctype html><head></head>')
  if (line.includes('public/freshlayer.rules.js'))
    write('public/freshlayer.rules.js', `self.freshlayerRules = ${JSON.stringify(rules)}`)
  return cwd
}

/** Runs a command. One that goes on until it is stopped is stopped by Ctrl-C as soon as it has said where it is. */
function run(command: string, cwd: string, isStopped: boolean): Promise<{ code: number | null; output: string }> {
  // The shell makes way for the command, so that the signal reaches it.
  const child = spawn('sh', ['-c', `exec ${command}`], { cwd, env: PLAIN })
  let output = ''
  let isRunning = isStopped
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      output += String(text)
      if (!isRunning || !output.includes('Ctrl-C')) return
      isRunning = false
      child.kill('SIGINT')
    })
  return new Promise((resolve) => child.on('exit', (code) => resolve({ code, output })))
}
