import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { glob } from 'tinyglobby'
import { findConfig } from '../rules/find-config.ts'
import { isNode, nameOf, nodesIn, propertyOf, statementsOf } from './source-tree.ts'
import { readViteConfig } from './vite-config.ts'

/** What builds an app. `server`: its server renders the pages. `files`: nothing does. */
type Build = 'vite' | 'vite-plugin-pwa' | 'workbox' | 'angular' | 'vue-cli' | 'webpack' | 'server' | 'files' | 'other'

/** How the sources speak of users. `unsaid`: they speak of none. */
export type Users = 'token' | 'session' | 'unsaid'

/** An app, as far as its files show it. */
export interface Project {
  readonly folder: string
  readonly build: Build
  /** What this was recognised by. */
  readonly by: string
  /** The text of package.json. */
  readonly manifest: string
  /** The rules file that is there. */
  readonly rules: string | undefined
  /** Where a rules file is written. */
  readonly newRules: string
  /** The Vite config that is there, from the folder. */
  readonly viteConfig: string | undefined
  /** The folder that is built, from this one. */
  readonly built: string
  /** The app's document, as a page asks for it; undefined: its server makes the pages, or there is none. */
  readonly shell: string | undefined
  /** Paths of the app's API, or a full URL: `/api`. */
  readonly apis: readonly string[]
  readonly users: Users
  /** Whether the package is among those that the app names. */
  readonly isInstalled: boolean
  readonly isNpm: boolean
}

interface Manifest {
  readonly type: string | undefined
  readonly names: ReadonlySet<string>
  readonly scripts: Readonly<Record<string, unknown>>
  readonly workspaces: readonly string[]
}

/**
 * Looks at a project's files, and changes none.
 *
 * @throws one line where it is no project, or one of several projects
 */
export async function projectOf(folder: string): Promise<Project> {
  const manifest = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
  if (manifest === undefined)
    throw new Error(
      `there is no package.json in ${folder}: run init in the folder of your app, or \`npm init -y\` first`,
    )
  const about = manifestOf(manifest, folder)
  const { names } = about
  const has = (...files: readonly string[]): string | undefined => files.find((file) => existsSync(join(folder, file)))
  const viteConfig = has(...['ts', 'mts', 'js', 'mjs', 'cts', 'cjs'].map((ending) => `vite.config.${ending}`))
  await assertApp(folder, about, has('index.html', 'angular.json', 'src', 'app', 'public') ?? viteConfig)
  const [build, by] = buildOf(names, has, viteConfig)
  const vite = viteConfig === undefined ? undefined : readViteConfig(await readFile(join(folder, viteConfig), 'utf8'))
  const built = vite?.outDir ?? (await builtBy(folder, build, names))
  const ending =
    has('tsconfig.json') !== undefined || names.has('typescript') ? 'ts' : about.type === 'module' ? 'js' : 'mjs'
  const base = vite?.base.startsWith('/') === true ? vite.base : '/'
  const isOfServer = build === 'server' || (build.startsWith('vite') && has('index.html') === undefined)
  return {
    folder,
    build,
    by,
    manifest,
    rules: rulesIn(folder),
    newRules: `freshlayer.config.${ending}`,
    viteConfig,
    built,
    shell: isOfServer ? undefined : `${base.replace(/\/?$/, '/')}index.html`,
    apis: apisOf(vite?.proxied ?? [], await addressIn(folder)),
    users: await usersIn(folder),
    isInstalled: names.has('freshlayer'),
    isNpm: has('yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb') === undefined,
  }
}

function rulesIn(folder: string): string | undefined {
  try {
    return findConfig(folder)
  } catch {
    return undefined
  }
}

function manifestOf(text: string, folder: string): Manifest {
  let parsed: unknown
  try {
    parsed = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new Error(
      `${join(folder, 'package.json')} is no JSON (${error instanceof Error ? error.message : String(error)})`,
    )
  }
  if (!isRecord(parsed)) throw new Error(`${join(folder, 'package.json')} is no object`)
  const { type, scripts, workspaces } = parsed
  const listed = isRecord(workspaces) ? workspaces['packages'] : workspaces
  const named = ['dependencies', 'devDependencies', 'peerDependencies'].flatMap((list) => {
    const of = parsed[list]
    return isRecord(of) ? Object.keys(of) : []
  })
  return {
    type: typeof type === 'string' ? type : undefined,
    names: new Set(named),
    scripts: isRecord(scripts) ? scripts : {},
    workspaces: Array.isArray(listed) ? listed.filter((each) => typeof each === 'string') : [],
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** @throws at the root of several projects, which is itself none: says which of them may be meant */
async function assertApp(folder: string, { workspaces }: Manifest, ofApp: string | undefined): Promise<void> {
  const isRoot =
    workspaces.length > 0 || existsSync(join(folder, 'pnpm-workspace.yaml')) || existsSync(join(folder, 'lerna.json'))
  if (!isRoot || ofApp === 'index.html' || ofApp?.startsWith('vite.config') === true || ofApp === 'angular.json') return
  const apps = await glob(['*/*/index.html', '*/*/vite.config.*', '*/*/angular.json'], {
    cwd: folder,
    ignore: ['**/node_modules/**'],
  })
  const folders = [...new Set(apps.map((file) => file.split('/').slice(0, 2).join('/')))].toSorted()
  const which = folders.length === 0 ? '' : `, such as ${folders.slice(0, 3).join(' or ')}`
  throw new Error(`${folder} is the root of several packages: run init in the folder of the app${which}`)
}

const SERVERS = [
  'next',
  'nuxt',
  '@sveltejs/kit',
  'astro',
  '@remix-run/dev',
  '@react-router/dev',
  '@solidjs/start',
  '@tanstack/react-start',
]

function buildOf(
  names: ReadonlySet<string>,
  has: (...files: readonly string[]) => string | undefined,
  viteConfig: string | undefined,
): readonly [Build, string] {
  const named = (...all: readonly string[]): string | undefined => all.find((name) => names.has(name))
  const tries: readonly (readonly [Build, string | undefined])[] = [
    ['vite-plugin-pwa', named('vite-plugin-pwa')],
    ['workbox', named('workbox-cli', 'workbox-build', 'workbox-webpack-plugin', 'workbox-sw', 'workbox-routing')],
    ['workbox', has('workbox-config.js', 'src/service-worker.js', 'src/service-worker.ts', 'src/sw.js', 'src/sw.ts')],
    ['server', named(...SERVERS)],
    ['angular', has('angular.json') ?? named('@angular/cli')],
    ['vue-cli', named('@vue/cli-service')],
    ['vite', viteConfig ?? named('vite')],
    ['webpack', named('react-scripts', 'webpack', '@rspack/core', '@craco/craco') ?? has('webpack.config.js')],
    ['other', named('parcel', 'esbuild', 'rollup', 'rolldown')],
    ['files', has('index.html', 'public/index.html')],
  ]
  const found = tries.find(([, by]) => by !== undefined)
  return found?.[1] === undefined ? ['other', 'package.json'] : [found[0], found[1]]
}

/** Where a build of this kind puts the app, unless it is told otherwise. */
async function builtBy(folder: string, build: Build, names: ReadonlySet<string>): Promise<string> {
  if (build === 'files') return existsSync(join(folder, 'index.html')) ? '.' : 'public'
  if (names.has('react-scripts')) return 'build'
  return build === 'angular' ? angularFolder(folder) : 'dist'
}

async function angularFolder(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'angular.json'), 'utf8').catch(() => '{}')
  const [statement] = statementsOf(`(${text})`) ?? []
  const tree = statement?.['expression']
  const root = isNode(tree)
    ? tree.type === 'ParenthesizedExpression' && isNode(tree['expression'])
      ? tree['expression']
      : tree
    : undefined
  const projects = root && propertyOf(root, 'projects')
  const [first] = projects === undefined ? [] : nodesIn(projects['properties'])
  const project = isNode(first?.['value']) ? first['value'] : undefined
  const name = isNode(first?.['key']) ? nameOf(first['key']) : undefined
  let build = project
  for (const part of ['architect', 'build']) build = build && propertyOf(build, part)
  const path = build && propertyOf(build, 'options')
  const out = path && propertyOf(path, 'outputPath')
  const base = out && (nameOf(out) ?? nameOf(propertyOf(out, 'base') ?? out))
  const builder = build && propertyOf(build, 'builder')
  // The builder of today puts what browsers get beside what the server gets.
  const isOld = builder !== undefined && nameOf(builder)?.endsWith(':browser') === true
  return `${base ?? `dist/${name ?? 'app'}`}${isOld ? '' : '/browser'}`
}

/**
 * The address of an API that the app is built with: `VITE_API_URL=https://api.example`. Neither a key of the API, which may
 * begin as a path does, nor a name and password in its address.
 */
async function addressIn(folder: string): Promise<string | undefined> {
  for (const file of ['.env.production', '.env']) {
    const text = await readFile(join(folder, file), 'utf8').catch(() => '')
    for (const [, name = '', scheme = '', rest = ''] of text.matchAll(ADDRESS)) {
      const isMeant = scheme === '' ? OF_A_PATH.test(name) && /^\/[\w./-]+$/.test(rest) : !OF_A_SECRET.test(name)
      if (isMeant && !/localhost|127\.0\.0\.1/.test(rest)) return scheme + rest
    }
  }
  return undefined
}

/** A name with API in it, and an address or a path. */
const ADDRESS = /^(\w*API\w*)\s*=\s*["']?(?:(https?:\/\/)(?:[^\s/"'?#]*@)?|(?=\/))([^\s"'?#]+)/gm

const OF_A_PATH = /API$|URL|URI|BASE|HOST|ORIGIN|ENDPOINT|SERVER|PATH|PREFIX|ROOT/i

const OF_A_SECRET = /KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL|HOOK/i

const apisOf = (proxied: readonly string[], address: string | undefined): string[] => {
  const found = [...(address === undefined ? [] : [address]), ...proxied].map((api) => api.replace(/\/+$/, ''))
  return found.length === 0 ? ['/api'] : [...new Set(found)]
}

/** So many files are looked at, and so much of each. */
const MAX_FILES = 2000
const MAX_TEXT = 200_000

const TOKEN = /\bauthorization\b|\bBearer\b|auth0|keycloak|msal|oidc|firebase\/auth|supabase|aws-amplify/i
const SESSION =
  /withCredentials|credentials:\s*['"`](include|same-origin)|[cx]srf|sign-?in\b|sign-?out\b|\blog-?in\b|\blog-?out\b|password|sessionid|\bjwt|x-auth|api-?key|(access|auth|refresh|id|session|user)[-_]?token|current_?user/i

/** How the sources speak of users. Where not all of them are looked at, the careful guess is a session. */
async function usersIn(folder: string): Promise<Users> {
  const files = await glob(
    ['{src,app,lib,js,scripts}/**/*.{ts,tsx,js,jsx,mjs,vue,svelte}', '*.{js,html}', 'public/**/*.{js,html}'],
    {
      cwd: folder,
      ignore: ['**/node_modules/**', '**/*.{test,spec}.*', '**/*.config.*', '**/*.min.js'],
    },
  )
  // What was not looked at may speak of them.
  let users: Users = files.length === 0 || files.length > MAX_FILES ? 'session' : 'unsaid'
  for (const file of files.toSorted().slice(0, MAX_FILES)) {
    const text = (await readFile(join(folder, file), 'utf8').catch(() => '')).slice(0, MAX_TEXT)
    if (TOKEN.test(text)) return 'token'
    if (SESSION.test(text)) users = 'session'
  }
  return users
}
