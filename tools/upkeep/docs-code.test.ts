import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseSync } from 'oxc-parser'
import { parseFragment } from 'parse5'
import { afterAll, describe, expect, it } from 'vitest'
import { formatProblem } from '../../config/language/index.ts'
import { workerScript } from '../build/build-worker.ts'
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
    .filter((path) => path.endsWith('.md') && !path.startsWith('decisions') && !path.startsWith('discoveries'))
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
    // What is not a module may be a piece of the rules: options of an object, or the object.
    const first = errorsOf(code)
    const isPiece = [`({${code}})`, `(${code})`].some((text) => errorsOf(text).length === 0)
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
    expect(await workerScript({ config: file })).not.toBe('')
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
    const { stdout, status } = spawnSync('npx', ['tsx', 'tools/cli.ts', name, '--help'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stdout).toContain(`freshlayer ${name}`)
    const known = [...stdout.matchAll(/--([\w-]+)/g)].map(([, flag = '']) => flag)
    const flags = named.filter((one) => one.name === name).flatMap((one) => one.flags)
    expect(flags.filter((flag) => !known.includes(flag))).toEqual([])
  })
})
