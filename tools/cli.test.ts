import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-cli-'))
afterAll(() => rmSync(home, { recursive: true }))

/** A folder with empty files of these names. */
function folderOf(...files: readonly string[]): string {
  const folder = mkdtempSync(join(home, 'app-'))
  for (const file of files) writeFileSync(join(folder, file), '')
  return folder
}

function fileOf(text: string, name = 'freshlayer.rules.ts'): string {
  const file = join(folderOf(), name)
  writeFileSync(file, text)
  return file
}

const rules = (options: string): string =>
  fileOf(
    `import { defineConfig } from '${resolve('config/language/index.ts')}'\n` +
      `export default defineConfig({ version: '1', identity: 'none', ${options} })`,
  )

const run = (command: string, file: string, ...more: readonly string[]) =>
  spawnSync('npx', ['tsx', 'tools/cli.ts', command, '--config', file, ...more], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
  })

describe('freshlayer check', () => {
  it('says "fine" where it warns of nothing, and counts its warnings otherwise', () => {
    const file = rules('routes: []')
    expect(run('check', file).stdout).toBe(`${file}: fine\n`)
    const { status, stdout } = run('check', file, '--files', folderOf('index.html'))
    expect(stdout).toBe(
      "warning pages of this app are not available offline: name a document without data, for example shell: '/index.html'\n" +
        `${file}: accepted with 1 warning\n`,
    )
    expect(status).toBe(0)
    const greedy = run('check', rules("routes: [{ match: ['/', '/**'] }]"))
    expect(greedy.stdout).toMatch(/: accepted with 2 warnings\n$/)
    expect(greedy.status).toBe(0)
  })

  it('warns of a shell that is not there, and lets the rules pass', () => {
    const { status, stdout } = run('check', rules("shell: '/x.html', routes: []"), '--files', folderOf('index.html'))
    expect(stdout).toContain("warning shell: '/x.html' given, expected a document of ")
    expect(status).toBe(0)
  })

  it('knows the path at which the files are served', () => {
    const file = rules("shell: '/static/index.html', routes: []")
    const files = folderOf('index.html')
    expect(run('check', file, '--files', files, '--base', '/static').stdout).toBe(`${file}: fine\n`)
    expect(run('check', file, '--files', files).stdout).toMatch(/: accepted with 1 warning\n$/)
    const { status, stderr } = run('check', file, '--files', files, '--base', 'static')
    expect(stderr).toBe('freshlayer --base is static: give a path that begins with /, such as /static/\n')
    expect(status).toBe(1)
  })

  it('refuses what would answer a sign-in from store', () => {
    const { status, stderr } = run('check', rules("routes: [{ match: '/**', fresh: '1h' }]"), '--files', folderOf())
    expect(stderr).toContain("refused routes[0].match: '/**' given, expected a narrower pattern, or a rule before it: ")
    expect(status).toBe(1)
  })

  it('fails where there is no such folder', () => {
    const { status, stderr } = run('check', rules('routes: []'), '--files', join(home, 'nowhere'))
    expect(stderr).toContain('nowhere is not there: name the folder of the built app with --files')
    expect(status).toBe(1)
  })

  it.each([
    ['export default Promise.resolve({})', 'rules.ts', /: a promise given, expected export default defineConfig/],
    ['export const config = {}', 'rules.ts', /has no default export/],
  ])('says in one line why it cannot read the rules: %s', (text, name, line) => {
    const { status, stderr } = run('check', fileOf(text, name))
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)])
    expect(status).toBe(1)
  })

  it('reads a CommonJS module', () => {
    const file = fileOf("module.exports = { version: '1', identity: 'none', routes: [] }", 'rules.cjs')
    expect(run('check', file).stdout).toBe(`${file}: fine\n`)
  })

  it('looks for the rules at the usual places, and says which these are', () => {
    const root = folderOf()
    const check = (): ReturnType<typeof run> =>
      spawnSync(process.execPath, ['--import', import.meta.resolve('tsx'), resolve('tools/cli.ts'), 'check'], {
        encoding: 'utf8',
        cwd: root,
        env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      })
    expect(check().stderr).toBe(
      `freshlayer there is no freshlayer.config.ts in ${realpathSync(root)}: write one, or name the rules file\n`,
    )
    writeFileSync(join(root, 'freshlayer.config.mjs'), "export default { version: '1', identity: 'none', routes: [] }")
    expect(check().stdout).toBe('freshlayer.config.mjs: fine\n')
  })
})

describe('freshlayer worker', () => {
  const out = join(home, 'sw.js')

  it('warns once, also of a shell that is not among the files, and lists them at the path where they are served', () => {
    const file = rules("shell: '/static/x.html', routes: [{ match: '/api/csrf*', fresh: '1h' }]")
    const { stdout, stderr, status } = run(
      'worker',
      ...([file, '--files', folderOf('index.html'), '--base', '/static/', '--out', out] as const),
    )
    const said = (stdout + stderr).split('\n')
    expect(said.filter((line) => line.includes('CSRF'))).toHaveLength(1)
    expect(said.filter((line) => line.includes("shell: '/static/x.html' given"))).toHaveLength(1)
    expect(stdout).toContain(`${file}: accepted with 2 warnings\n`)
    expect(status).toBe(0)
    expect(readFileSync(out, 'utf8')).toContain('/static/index.html')
  }, 60_000)
})

describe('freshlayer copy', () => {
  const copy = (...args: readonly string[]) =>
    spawnSync('npx', ['tsx', 'tools/cli.ts', 'copy', ...args], {
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    })

  it('puts rules that pass the check into the folder, and never writes over them', () => {
    const folder = folderOf()
    const file = join(folder, 'freshlayer.rules.js')
    expect(copy(folder).stderr).toBe('')
    expect(run('check', file).stdout).toBe(`${file}: fine\n`)
    const scripts = readdirSync(folder)
    writeFileSync(file, 'self.freshlayerRules = { "version": "1", "identity": "none", "routes": [{}] }')
    expect(copy(folder).stdout).toContain(`${file} is yours, and stays as it is`)
    expect(readdirSync(folder)).toEqual(scripts)
    expect(run('check', file).stderr).toBe(
      "refused routes[0].match: nothing given, expected a pattern such as '/api/products/:id'\n",
    )
  })

  it('writes nothing into a folder that is not there', () => {
    const { status, stderr } = copy(join(home, 'nowhere'))
    expect(stderr).toMatch(/nowhere is no folder that is there: name the one that your server serves\n$/)
    expect(status).toBe(1)
  })
})
