import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../config/language/index.ts'
import { CLI, PROGRAM } from '../cli.fixture.ts'

const PAGES = [
  'SECURITY.md',
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
]
const folder = mkdtempSync(join(tmpdir(), 'freshlayer-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const textOf = (page: string): string => readFileSync(page, 'utf8')

/** The code blocks of a page in one language. */
const blocksOf = (page: string, language: string): string[] =>
  [...textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code)

describe.each(PAGES)('%s', (page) => {
  it('links to what is there', () => {
    const links = [...textOf(page).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !existsSync(resolve(dirname(page), link)))).toEqual([])
  })

  it('names tests that are in the file beside their name', () => {
    const named = [...textOf(page).matchAll(/_([^_]+)_\s+\(\[[^\]]+\]\((\S+\.spec\.ts)\)\)/g)]
    const missing = named.filter(
      ([, name = '', link = '']) => !textOf(resolve(dirname(page), link)).includes(name.replaceAll(/\s+/g, ' ')),
    )
    expect(missing.map(([all]) => all)).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
    const named = [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script)
    expect(named.filter((script) => !(script in scripts))).toEqual([])
  })
})

describe('the rules that the pages show', () => {
  const routes = PAGES.flatMap((page) =>
    blocksOf(page, 'ts')
      .filter((code) => code.startsWith('{ match:'))
      .map((code) => [page, code] as const),
  )

  it.each(routes)('pass the check: %s', (_, code) => {
    // oxlint-disable-next-line no-eval -- The page's own text, as a reader would paste it.
    const route: unknown = (0, eval)(`(${code})`)
    expect(checkConfig({ version: '1', identity: 'none', routes: [route] }, 'the page').problems).toEqual([])
  })

  const [rules = ''] = blocksOf('README.md', 'ts').filter((code) => code.includes('defineConfig({\n  version'))
  const file = join(folder, 'freshlayer.config.ts')
  const dist = join(folder, 'dist')

  it('of the README are checked and become a worker, by the commands beside them', () => {
    writeFileSync(file, rules.replace("'freshlayer/config'", `'${resolve('config/index.ts')}'`))
    mkdirSync(dist)
    writeFileSync(join(dist, 'index.html'), '<!doctype html>')
    const commands = [...textOf('README.md').matchAll(/^ {4}npx freshlayer (.*)$/gm)].map(([, command = '']) => command)
    expect(commands.map((command) => command.split(' ')[0])).toEqual(['build', 'check', 'worker'])
    for (const command of commands) {
      const { status, stderr } = spawnSync(PROGRAM, [...CLI, ...command.split(' ')], { encoding: 'utf8', cwd: folder })
      expect(status, stderr).toBe(0)
    }
    expect(readFileSync(join(dist, 'sw.js'), 'utf8')).toContain('/api/products')
  }, 300_000)
})
