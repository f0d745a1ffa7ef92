import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CLI, PLAIN, PROGRAM } from './cli.fixture.ts'

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
  spawnSync(PROGRAM, [...CLI, command, '--config', file, ...more], { encoding: 'utf8', env: PLAIN })

/** Runs a command while this process goes on answering. */
const runBeside = (...words: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }> =>
  new Promise((resolve) => {
    const child = execFile(PROGRAM, [...CLI, ...words], { env: PLAIN }, (_, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    )
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
    expect(status).toBe(2)
  })

  it('refuses what would answer a sign-in from store', () => {
    const { status, stderr } = run('check', rules("routes: [{ match: '/**', fresh: '1h' }]"), '--files', folderOf())
    expect(stderr).toContain("refused routes[0].match: '/**' given, expected a narrower pattern, or a rule before it: ")
    expect(status).toBe(1)
  })

  it('fails where there is no such folder', () => {
    const { status, stderr } = run('check', rules('routes: []'), '--files', join(home, 'nowhere'))
    expect(stderr).toContain('nowhere is not there: name the folder of the built app with --files')
    expect(status).toBe(2)
  })

  it.each([
    ['export default Promise.resolve({})', 1, /: a promise given, expected export default defineConfig/],
    ['export const config = {}', 2, /has no default export/],
    ['export default {', 2, /rules\.ts:1:17: Expected `}` but found `EOF`$/],
    ["import './none.ts'\nexport default {}", 2, /rules\.ts:1:8: Could not resolve '\.\/none\.ts'/],
    ["throw new Error('no rules today')", 2, /no rules today/],
  ])('says in one line why it cannot use the rules: %s', (text, code, line) => {
    const { status, stderr } = run('check', fileOf(text, 'rules.ts'))
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(line)])
    expect(status).toBe(code)
  })

  it('gives one document by --json, and nothing else on stdout', () => {
    const document = (file: string, ...more: readonly string[]): unknown =>
      JSON.parse(run('check', file, '--json', ...more).stdout)
    const noisy = fileOf("console.log('noise')\nexport default { version: '1', identity: 'none', routes: [] }")
    expect(document(noisy)).toEqual({ file: noisy, ok: true, problems: [], warnings: [], hints: [] })
    const wrong = rules("routes: [{ match: '/api/a', fresh: '5mins' }]")
    const given = { place: 'routes[0].fresh', given: "'5mins'", expected: expect.any(String), nearest: "'5m'" }
    expect(document(wrong)).toEqual({
      file: wrong,
      ok: false,
      problems: [{ ...given, message: expect.stringContaining("routes[0].fresh: '5mins' given, expected ") }],
      warnings: [],
      hints: [],
    })
    expect(run('check', wrong, '--json').status).toBe(1)
    const missing = join(home, 'missing.ts')
    const error = `${missing} is not there: name the rules file with --config`
    expect(document(missing)).toEqual({ file: missing, ok: false, error, problems: [], warnings: [], hints: [] })
    expect(run('check', missing, '--json').status).toBe(2)
  })

  it('asks for the feed of the rules, and says where a proxy holds it back', async () => {
    const gathering = createServer(({ url }, response) => {
      if (url !== '/events') return void response.end()
      response.setHeader('content-type', 'text/event-stream')
      setTimeout(() => response.end('data: 1\n\ndata: 2\n\n'), 800)
    })
    await new Promise<void>((resolve) => gathering.listen(0, '127.0.0.1', resolve))
    try {
      const backend = `http://127.0.0.1:${(gathering.address() as AddressInfo).port}`
      const file = rules(`routes: [], push: { url: '/events' }`)
      const { stdout } = await runBeside('check', '--config', file, '--probe', backend)
      expect(stdout).toMatch(/\/events[^]*Switch its buffering off/)
    } finally {
      await new Promise((resolve) => gathering.close(resolve))
    }
  })

  it('asks a running backend by --probe, and refuses rules that would show one user the answer to another', async () => {
    const server = createServer(({ headers, url }, response) => {
      response.writeHead(url === '/api/me' ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(headers.authorization ?? 'nobody'))
    })
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    try {
      const backend = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
      const file = rules("routes: [{ match: '/api/me', fresh: '1m' }, { match: '/api/items/:id', fresh: '1m' }]")
      const flags = ['--probe', backend, '--header', 'Authorization: Bearer 1', '--as', 'Authorization: Bearer 2']
      const { code, stdout } = await runBeside('check', '--config', file, ...flags)
      expect(stdout).toContain("GET /api/me 200, rule '/api/me'\n")
      expect(stdout).toContain("refused answers two users differently, but identity is 'none': ")
      expect(stdout).toContain('routes[1] /api/items/:id: give one by --url\n')
      expect(code).toBe(1)
      const { stdout: text } = await runBeside('check', '--config', file, ...flags, '--json', '--url', '/api/items/7')
      expect(JSON.parse(text)).toMatchObject({
        ok: false,
        probe: {
          origin: backend,
          asked: [
            { url: '/api/items/7', status: 404, rule: { place: 'routes[1]', name: '/api/items/:id' } },
            { url: '/api/me', status: 200, rule: { place: 'routes[0]' } },
          ],
          unasked: [],
        },
      })
    } finally {
      server.close()
    }
  })

  it('does not check by a flag that it does not know', () => {
    const { status, stderr } = run('check', rules('routes: []'), '--prope', 'http://127.0.0.1:1')
    expect(stderr).toBe('freshlayer Unknown option `--prope`\n')
    expect(status).toBe(2)
  })

  it('says in one line that a backend does not answer', () => {
    const { status, stdout, stderr } = run('check', rules('routes: []'), '--probe', 'http://127.0.0.1:1')
    expect(stderr).toBe('freshlayer http://127.0.0.1:1 does not answer (ECONNREFUSED): is the backend running there?\n')
    expect([status, stdout]).toEqual([2, ''])
  })

  it('reads a CommonJS module', () => {
    const file = fileOf("module.exports = { version: '1', identity: 'none', routes: [] }", 'rules.cjs')
    expect(run('check', file).stdout).toBe(`${file}: fine\n`)
  })

  it('looks for the rules at the usual places, and says which these are', () => {
    const root = folderOf()
    const check = (): ReturnType<typeof run> =>
      spawnSync(PROGRAM, [...CLI, 'check'], {
        encoding: 'utf8',
        cwd: root,
        env: PLAIN,
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

/** Runs words of the command in a folder. */
const runIn = (cwd: string, ...words: readonly string[]) =>
  spawnSync(PROGRAM, [...CLI, ...words], {
    encoding: 'utf8',
    cwd,
    env: PLAIN,
  })

describe('what is no folder', () => {
  const root = folderOf('page.html')
  const file = rules('routes: []')
  const built = 'name the folder that your build writes'
  it.each([
    ['build page.html', 'page.html is a file: ' + built],
    ['build nowhere', 'nowhere is not there: ' + built],
    ['undo page.html', 'page.html is a file: name the folder that `build` was given'],
    ['undo nowhere', 'nowhere is not there: name the folder that `build` was given'],
    ['build . --document ', "'' names no files in .: give a glob below it, such as '*.ejs'"],
    ['build . --keep ../*.js', "'../*.js' names no files in .: give a glob below it, such as '*.ejs'"],
    ['copy page.html', 'page.html is a file: name the folder that your server serves'],
    ['check --files page.html', 'page.html is a file: name the folder of the built app with --files'],
    ['worker --out sw.js --files nowhere', 'nowhere is not there: name the folder of the built app with --files'],
    ['check --config .', '. is a folder: name the rules file with --config'],
    ['suggest .', '. is no file: name a HAR file, as DevTools export it'],
  ])('%s says so in one line, and nothing is written', (line, said) => {
    const config = /^(?:build|check --files|worker)/.test(line) ? ['--config', file] : []
    const { stdout, stderr, status } = runIn(root, ...line.split(' '), ...config)
    expect([stderr, stdout]).toEqual([`freshlayer ${said}\n`, ''])
    expect(status).not.toBe(0)
    expect(readdirSync(root)).toEqual(['page.html'])
  })
})

describe('an option that does nothing beside the others', () => {
  const root = folderOf('page.html')
  const file = rules('routes: []')
  it.each([
    ['check --header a:b', '--header does nothing without --probe'],
    ['check --url /a --as a:b --origin http://a.example', '--url, --as and --origin do nothing without --probe'],
    ['check --base /a/', '--base does nothing without --files'],
    ['worker --out sw.js --base /a/', '--base does nothing without --files'],
    ['suggest none.har --force', '--force does nothing without --out'],
    [
      'suggest none.har --no-build --config x',
      '--no-build does nothing beside --config, unless --out or --json is given',
    ],
    ['try http://127.0.0.1:1 --force', '--force does nothing without --out'],
  ])('%s', (line, said) => {
    const config = /^(?:check|worker)/.test(line) ? ['--config', file] : []
    const { stderr } = runIn(root, ...line.split(' '), ...config)
    expect(stderr.split('\n').filter((each) => each.startsWith('note '))).toEqual([`note ${said}`])
  })

  it('is not said where each does something', () => {
    const { stderr } = runIn(root, 'check', '--config', file, '--files', '.', '--base', '/a/')
    expect(stderr).toBe('')
  })

  it('is no part of a JSON document', () => {
    const { stdout } = runIn(root, 'check', '--config', file, '--json', '--header', 'a:b')
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, warnings: [] })
  })
})

describe('the rules of an app without a build', () => {
  it.each(['commonjs', 'module'])('pass the check where package.json says the type %s', (type) => {
    const folder = folderOf()
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }))
    const file = join(folder, 'freshlayer.rules.js')
    writeFileSync(file, 'self.freshlayerRules = { "version": "1", "identity": "none", "routes": [] }')
    expect(run('check', file)).toMatchObject({ stdout: `${file}: fine\n`, stderr: '' })
  })
})

describe('freshlayer copy', () => {
  const copy = (...args: readonly string[]) =>
    spawnSync(PROGRAM, [...CLI, 'copy', ...args], { encoding: 'utf8', env: PLAIN })

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
  }, 300_000)

  it('writes nothing into a folder that is not there', () => {
    const { status, stderr } = copy(join(home, 'nowhere'))
    expect(stderr).toMatch(/nowhere is not there: name the folder that your server serves\n$/)
    expect(status).toBe(1)
  })
})
