import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { checkConfig } from '../../config/language/index.ts'
import { CLI, PLAIN, PROGRAM } from '../cli.fixture.ts'
import { entry, har } from '../recording/har.fixture.ts'
import { askConsent, askRules, listOf, type Terminal } from './ask.ts'
import { defaultsOf, firstRules } from './first-rules.ts'
import { withCommandAfterBuild } from './manifest-scripts.ts'
import { planOf } from './plan.ts'
import { projectOf, type Users } from './project.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-init-'))
afterAll(() => rmSync(home, { recursive: true }))

type Files = Readonly<Record<string, string>>

function folderOf(files: Files): string {
  const folder = mkdtempSync(join(home, 'app-'))
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  return folder
}

/** Every file of a folder, with its text. */
const contentsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => {
        const path = join(parentPath, name)
        return [path.slice(folder.length + 1), readFileSync(path, 'utf8')]
      }),
  )

const manifest = (names: readonly string[], scripts: Readonly<Record<string, string>> = { build: 'make' }): string =>
  `${JSON.stringify({ name: 'app', scripts, devDependencies: Object.fromEntries(names.map((name) => [name, '*'])) }, null, 2)}\n`

const ANGULAR = (options: object, builder = '@angular/build:application'): string =>
  JSON.stringify({ projects: { shop: { architect: { build: { builder, options } } } } })

describe('a project is recognised', () => {
  it.each<[what: string, files: Files, expected: object]>([
    [
      'Vite',
      { 'package.json': manifest(['vite']), 'index.html': '', 'tsconfig.json': '{}' },
      { build: 'vite', newRules: 'freshlayer.config.ts', built: 'dist', shell: '/index.html', viteConfig: undefined },
    ],
    [
      'Vite under a path, by its config',
      {
        'package.json': manifest(['vite']),
        'index.html': '',
        'vite.config.mjs':
          "export default { base: '/shop/', build: { outDir: 'out' }, server: { proxy: { '/rest': '', '/files': '' } } }",
      },
      {
        build: 'vite',
        newRules: 'freshlayer.config.mjs',
        built: 'out',
        shell: '/shop/index.html',
        apis: ['/rest', '/files'],
      },
    ],
    ['Vite without a document', { 'package.json': manifest(['vite']) }, { build: 'vite', shell: undefined }],
    [
      'vite-plugin-pwa',
      { 'package.json': manifest(['vite', 'vite-plugin-pwa']), 'index.html': '' },
      { build: 'vite-plugin-pwa' },
    ],
    ['a worker of Workbox', { 'package.json': manifest(['webpack', 'workbox-webpack-plugin']) }, { build: 'workbox' }],
    [
      'a worker of its own',
      { 'package.json': manifest(['vite']), 'src/sw.ts': '' },
      { build: 'workbox', by: 'src/sw.ts' },
    ],
    ['a server', { 'package.json': manifest(['next', 'webpack']) }, { build: 'server', by: 'next', shell: undefined }],
    [
      'Angular',
      { 'package.json': manifest(['@angular/cli', 'typescript']), 'angular.json': ANGULAR({}) },
      { build: 'angular', built: 'dist/shop/browser' },
    ],
    [
      'Angular of before',
      {
        'package.json': manifest(['@angular/cli']),
        'angular.json': ANGULAR({ outputPath: 'dist/x' }, '@angular-devkit/build-angular:browser'),
      },
      { built: 'dist/x' },
    ],
    [
      'Angular with a folder of its own',
      { 'package.json': manifest([]), 'angular.json': ANGULAR({ outputPath: { base: 'out' } }) },
      { build: 'angular', built: 'out/browser' },
    ],
    ['Vue CLI', { 'package.json': manifest(['@vue/cli-service', 'webpack']) }, { build: 'vue-cli', built: 'dist' }],
    ['create-react-app', { 'package.json': manifest(['react-scripts']) }, { build: 'webpack', built: 'build' }],
    [
      'plain files',
      { 'package.json': '{"type":"module"}', 'index.html': '' },
      { build: 'files', built: '.', newRules: 'freshlayer.config.js' },
    ],
    ['nothing known', { 'package.json': '{}' }, { build: 'other' }],
    [
      'the address of an API',
      {
        'package.json': '{}',
        '.env': 'API_URL=http://localhost:1',
        '.env.production': 'VITE_API_URL="https://api.test/v1/"\n',
      },
      { apis: ['https://api.test/v1'] },
    ],
    [
      'the address of an API, without the name and password in it',
      { 'package.json': '{}', '.env': 'API_URL=http://localhost:1\nVITE_API_URL=https://ada:hunter2@api.test/v1\n' },
      { apis: ['https://api.test/v1'] },
    ],
    [
      'no address in a key of an API that begins as a path does',
      {
        'package.json': '{}',
        '.env': 'API_SECRET=/9jhunter2/x\nAPI_KEY=https://x.test/hunter2\nAPI_BASE=/rest/v1.0\n',
      },
      { apis: ['/rest/v1.0'] },
    ],
  ])('%s', async (_, files, expected) => expect(await projectOf(folderOf(files))).toMatchObject(expected))

  it.each<[users: Users, files: Files]>([
    ['unsaid', { 'src/main.ts': "fetch('/api/items')" }],
    [
      'token',
      { 'src/api.ts': "fetch('/api', { headers: { Authorization: `Bearer ${token}` } })", 'src/a.ts': 'login()' },
    ],
    ['session', { 'src/App.vue': "fetch('/api', { credentials: 'include' })" }],
    ['session', { 'src/app.tsx': '<a href="/logout">Log out</a>' }],
    ['session', {}],
    ['unsaid', { 'src/main.ts': '', 'src/main.test.ts': "login('password')" }],
    ['session', { 'src/api.ts': "fetch('/api', { headers: { 'X-Auth-Token': stored } })" }],
    ['session', { 'src/api.ts': "headers.set('x-token', localStorage.accessToken)" }],
    ['session', Object.fromEntries(Array.from({ length: 2001 }, (_, at) => [`src/${at}.ts`, '']))],
  ])('by how its sources speak of users: %s', async (users, files) => {
    expect((await projectOf(folderOf({ 'package.json': '{}', ...files }))).users).toBe(users)
  })

  it.each<[files: Files, line: RegExp]>([
    [{}, /^there is no package\.json in .*: run init in the folder of your app/],
    [{ 'package.json': '{ "name": ' }, /package\.json is no JSON \(/],
    [{ 'package.json': '[]' }, /package\.json is no object$/],
    [
      { 'package.json': '{"workspaces":["packages/*"]}', 'packages/web/index.html': '', 'packages/api/index.js': '' },
      /is the root of several packages: run init in the folder of the app, such as packages\/web$/,
    ],
    [
      { 'package.json': '{}', 'pnpm-workspace.yaml': '' },
      /is the root of several packages: run init in the folder of the app$/,
    ],
  ])('or one line says why it is none: %j', async (files, line) => {
    await expect(projectOf(folderOf(files))).rejects.toThrow(line)
  })
})

describe('the first rules', () => {
  const users: readonly Users[] = ['token', 'session', 'unsaid']
  const apis = [['/api'], ['/rest', 'https://api.test/v1']]
  it.each(users.flatMap((each) => apis.map((paths) => [each, paths] as const)))(
    'pass the check: %s, %j',
    (each, paths) => {
      const text = firstRules({ users: each, apis: paths, shell: '/index.html' })
      const code = text.replace(/^import .*\n/, '').replace('export default defineConfig(', '(')
      // oxlint-disable-next-line no-eval -- The text that a user gets.
      const config: unknown = (0, eval)(code)
      expect(checkConfig(config, 'the rules')).toEqual({ problems: [], warnings: [] })
    },
  )
})

describe('a build is followed by the layer', () => {
  const command = 'freshlayer build dist'
  it('by a script beside it, and once', () => {
    const text =
      '{\n    "scripts": { "lint": "x" ,\n        "build": "make",\n        "z": "1" },\n    "files": ["a", "b"]\n}\n'
    const once = withCommandAfterBuild(text, command, true)
    expect(once).toBe(
      text.replace('"build": "make",', '"build": "make",\n        "postbuild": "freshlayer build dist",'),
    )
    expect(withCommandAfterBuild(once ?? '', command, true)).toBe(once)
    const ended = (given = ''): string => given.replaceAll('\n', '\r\n')
    expect(withCommandAfterBuild(ended(text), command, true)).toBe(ended(once))
  })

  it('in the script itself, where another manager runs it or it has a follower', () => {
    const text = '{"scripts":{"build":"make \\"it\\""}}'
    expect(withCommandAfterBuild(text, command, false)).toBe(
      '{"scripts":{"build":"make \\"it\\" && freshlayer build dist"}}',
    )
    const followed = '{"scripts":{"build":"make","postbuild":"zip"}}'
    expect(withCommandAfterBuild(followed, command, true)).toContain('"build":"make && freshlayer build dist"')
  })

  it('not where there is none', () => {
    expect(withCommandAfterBuild('{}', command, true)).toBeUndefined()
    expect(withCommandAfterBuild('{"scripts":{"start":"x"}}', command, true)).toBeUndefined()
  })

  it.each<[files: Files, steps: readonly string[], next: RegExp]>([
    [{ 'package.json': manifest(['react-scripts']) }, ['package.json'], /npm install --save-dev freshlayer/],
    [{ 'package.json': manifest(['webpack'], {}) }, [], /after each build: npx freshlayer build dist/],
    [
      {
        'package.json': manifest(['vite', 'vite-plugin-pwa']),
        'index.html': '',
        'vite.config.js':
          "import { VitePWA } from 'vite-plugin-pwa'\nexport default { plugins: [VitePWA({ registerType: 'autoUpdate' })] }",
      },
      ['vite.config.js'],
      /^(?![^]*--attach)/,
    ],
    [{ 'package.json': manifest(['webpack', 'workbox-build']) }, [], /worker of its own.*--attach/],
    [{ 'package.json': manifest(['next']) }, [], /npx freshlayer worker --out/],
    [{ 'package.json': manifest([]), 'index.html': '' }, [], /npx freshlayer build \. puts/],
    [{ 'package.json': manifest(['vite']), 'index.html': '' }, ['vite.config.mjs'], /see that it works/],
    [
      { 'package.json': manifest(['vite']), 'index.html': '', 'vite.config.js': 'module.exports = {}' },
      [],
      /add to vite\.config\.js: import \{ freshlayer \}/,
    ],
  ])('or a line says what is to be done: %j', async (files, steps, next) => {
    const project = await projectOf(folderOf(files))
    const rules = defaultsOf(project)
    const plan = await planOf(project, { text: firstRules(rules), users: rules.users, by: '' })
    expect(plan.steps.map(({ file }) => file)).toEqual([project.newRules, ...steps])
    expect(plan.next.join('\n')).toMatch(next)
  })
})

describe('the questions', () => {
  /** A developer who answers each question, as soon as it is asked, by these keys. */
  function developer(answers: readonly (readonly [question: string, keys: string])[]): Required<Terminal> {
    const input = new PassThrough()
    const left = [...answers]
    let shown = ''
    const output = new Writable({
      write: (chunk, _, done) => {
        shown += String(chunk)
        const [first] = left
        if (first !== undefined && shown.includes(first[0])) {
          left.shift()
          shown = ''
          // Once the question listens.
          setImmediate(() => input.write(first[1]))
        }
        done()
      },
    })
    return { input, output: Object.assign(output, { columns: 120 }) }
  }

  const ENTER = '\r'
  const DOWN = '\u001b[B'
  const CANCEL = '\u0003'

  it('propose what the files suggest, and take what is chosen', async () => {
    const project = await projectOf(folderOf({ 'package.json': '{}', 'src/a.js': "fetch('/api')" }))
    const taken = developer([
      ['Where is the API', ENTER],
      ['know its users', ENTER],
    ])
    expect(await askRules(project, taken)).toEqual({ apis: ['/api'], users: 'unsaid', shell: '/index.html' })
    const changed = developer([
      ['Where is the API', `, /rest/${ENTER}`],
      ['know its users', DOWN + ENTER],
    ])
    expect(await askRules(project, changed)).toMatchObject({ apis: ['/api', '/rest'], users: 'token' })
  })

  it('can be given up', async () => {
    const project = await projectOf(folderOf({ 'package.json': '{}' }))
    expect(await askRules(project, developer([['Where is the API', CANCEL]]))).toBeUndefined()
    expect(await askConsent('package.json', 'a command', developer([['Change package.json', CANCEL]]))).toBeUndefined()
    expect(await askConsent('package.json', 'a command', developer([['Change package.json', ENTER]]))).toBe(true)
  })
})

describe('freshlayer init', () => {
  const init = (cwd: string, ...flags: readonly string[]) =>
    spawnSync(PROGRAM, [...CLI, 'init', ...flags], {
      encoding: 'utf8',
      cwd,
      env: PLAIN,
    })

  const APP = {
    'package.json': manifest(['react-scripts', 'freshlayer']),
    'src/a.js': "fetch('/api')",
    'public/index.html': '',
  }

  it('asks, so it needs a terminal or --yes', () => {
    const folder = folderOf(APP)
    const { status, stdout, stderr } = init(folder)
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      'freshlayer init asks questions, and this is no terminal: --yes takes what the files of the app suggest\n',
    )
    expect(contentsOf(folder)).toEqual(APP)
  })

  it('writes nothing by --dry-run, and what it has shown without; twice is the same as once', () => {
    const folder = folderOf(APP)
    const dry = init(folder, '--yes', '--dry-run')
    expect(dry.stdout).toContain('would write:\n  freshlayer.config.mjs  the rules\n')
    expect(contentsOf(folder)).toEqual(APP)
    expect(init(folder, '--yes').status).toBe(0)
    const once = contentsOf(folder)
    expect(once['package.json']).toContain('"postbuild": "freshlayer build build"')
    const again = init(folder, '--yes')
    expect(again.stdout).toContain('there already: freshlayer.config.mjs is left as it is\n')
    expect(again.stdout).not.toContain('written:')
    expect(contentsOf(folder)).toEqual(once)
  })

  it('writes the rules that a recording proposes, and none over those that are there', () => {
    const reads = Array.from({ length: 3 }, (_, id) => entry(`http://localhost:3000/rest/orders/${id + 1}`))
    const recorded = { ...APP, 'tour.har': JSON.stringify(har(reads)) }
    const folder = folderOf(recorded)
    const { status, stdout, stderr } = init(folder, '--yes', '--from', 'tour.har')
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('rules from tour.har\n')
    const rules = contentsOf(folder)['freshlayer.config.mjs']
    expect(rules).toContain("match: '/rest/orders/:")
    expect(rules).not.toContain('/api/**')
    const again = init(folder, '--yes', '--from', 'tour.har')
    expect(again.status).toBe(1)
    expect(again.stderr).toContain(
      'freshlayer.config.mjs is there, and init never writes over rules: `freshlayer suggest',
    )
    const wrong = folderOf({ ...APP, 'tour.har': '{"log":' })
    expect(init(wrong, '--yes', '--from', 'tour.har').stderr).toMatch(/^freshlayer tour\.har/)
    expect(contentsOf(wrong)).toEqual({ ...APP, 'tour.har': '{"log":' })
  })

  it('writes over no rules, and writes nothing at all where something cannot be written', () => {
    const kept = { ...APP, 'freshlayer.config.ts': '// mine' }
    const folder = folderOf(kept)
    init(folder, '--yes')
    expect(contentsOf(folder)['freshlayer.config.ts']).toBe('// mine')
    const taken = folderOf(APP)
    // Where the next text of package.json would lie: so that even the superuser may not.
    mkdirSync(join(taken, 'package.json.freshlayer-next'))
    const { status, stderr } = init(taken, '--yes')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^freshlayer .*package\.json may not be written \(EISDIR\); nothing has been changed\n$/)
    expect(contentsOf(taken)).toEqual(APP)
  })
})

it.each([
  ['/api', ['/api']],
  ['/api/, https://api.test/v1/**', ['/api', 'https://api.test/v1']],
  ['api', undefined],
  ["/a'b", undefined],
  ['', undefined],
])('%j names an API', (text, apis) => expect(listOf(text)).toEqual(apis))
