import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { build, createLogger, type Plugin } from 'vite'
import { freshlayer } from './vite.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-vite-'))
afterAll(() => rmSync(home, { recursive: true }))
afterEach(() => void vi.restoreAllMocks())

/** Builds an app with these rules. Gives its folder, what was warned of, and the error that ended the build. */
async function built(
  options: string,
  files: Readonly<Record<string, string>> = {},
  others: readonly Plugin[] = [],
): Promise<{ root: string; warned: string[]; error?: unknown }> {
  const root = mkdtempSync(join(home, 'app-'))
  mkdirSync(join(root, 'public'))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text)
  writeFileSync(join(root, 'index.html'), '<!doctype html><head></head><body><div id="root"></div></body>')
  writeFileSync(
    join(root, 'rules.ts'),
    `import { defineConfig } from '${resolve('config/language/index.ts')}'\n` +
      `export default defineConfig({ version: '1', identity: 'none', ${options} })`,
  )
  const warned: string[] = []
  const logger = createLogger('warn')
  logger.warn = (message) => void warned.push(message)
  logger.error = () => undefined
  // The build of the worker has a logger of its own.
  for (const method of ['log', 'info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((message) => void warned.push(String(message)))
  }
  try {
    await build({
      root,
      configFile: false,
      customLogger: logger,
      plugins: [...others, freshlayer({ config: 'rules.ts' })],
    })
    return { root, warned }
  } catch (error) {
    return { root, warned, error }
  }
}

describe('the Vite plugin', () => {
  it('ends the build before the app is written where a rule is wrong, and shows no stack', async () => {
    const { root, error } = await built("routes: [{ match: '/a', fresh: '5mins' }]")
    expect(inspect(error)).toMatch(
      /^\S*rules\.ts was refused:\n {2}routes\[0\]\.fresh: '5mins' given, .* Did you mean '5m'\? \[config-refused\]$/,
    )
    expect(existsSync(join(root, 'dist'))).toBe(false)
  }, 60_000)

  it('warns once, also of a shell that is not among the files', async () => {
    const { root, warned, error } = await built("shell: '/x.html', routes: [{ match: '/api/csrf*', fresh: '1h' }]")
    expect(error).toBeUndefined()
    expect(existsSync(join(root, 'dist/sw.js'))).toBe(true)
    expect(warned.filter((said) => said.includes('CSRF'))).toHaveLength(1)
    expect(warned.filter((said) => said.includes("shell: '/x.html' given"))).toEqual([
      expect.stringContaining("which has '/index.html'"),
    ])
  }, 60_000)

  it('names a worker of another kind that the app still has', async () => {
    const { warned } = await built('routes: []', { 'public/service-worker.js': 'self.skipWaiting()' })
    expect(warned.filter((said) => said.includes('another worker'))).toEqual([
      expect.stringContaining('dist/service-worker.js is another worker, and a scope has one'),
    ])
  }, 60_000)

  it('writes over no worker of another kind', async () => {
    const worker = "self.addEventListener('push', () => undefined)"
    const { root, error } = await built('routes: []', { 'public/sw.js': worker })
    expect(String(error)).toMatch(/dist\/sw\.js is a worker of another kind: load the layer in it/)
    expect(readFileSync(join(root, 'dist/sw.js'), 'utf8')).toBe(worker)
  }, 60_000)

  it('connects pages by a script of the build, and inlines none', async () => {
    const { root } = await built("shell: '/index.html', routes: []")
    const html = readFileSync(join(root, 'dist/index.html'), 'utf8')
    expect(html).toMatch(/<script type="module" crossorigin src="\/assets\/index-[\w-]+\.js"><\/script>/)
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)/)
    expect(readFileSync(join(root, 'dist/sw.js'), 'utf8')).toContain('/index.html')
  }, 60_000)

  it('puts the layer into the worker of vite-plugin-pwa where the app has that plugin, and keeps no files of its own', async () => {
    const pwa: Plugin = {
      name: 'vite-plugin-pwa',
      api: { disabled: false, registerSWData: () => ({ inlinePath: '/theirs.js', scope: '/', type: 'classic' }) },
      closeBundle() {
        writeFileSync(join(this.environment.config.root, 'dist/theirs.js'), 'theirs()')
      },
    }
    const { root, error, warned } = await built('routes: []', {}, [pwa])
    expect(error).toBeUndefined()
    expect(warned).toEqual([])
    const worker = readFileSync(join(root, 'dist/theirs.js'), 'utf8')
    expect(worker).toMatch(/freshlayer-[^]*;\ntheirs\(\)$/)
    expect(worker).not.toContain('index.html')
    expect(existsSync(join(root, 'dist/sw.js'))).toBe(false)
  }, 60_000)

  it('stands alone beside a vite-plugin-pwa that is disabled', async () => {
    // It knows no option of its own before Vite has read the config.
    const api = { disabled: false }
    const pwa: Plugin = {
      name: 'vite-plugin-pwa',
      api,
      configResolved: () => Promise.resolve().then(() => void (api.disabled = true)),
    }
    const { root } = await built("shell: '/index.html', routes: []", {}, [pwa])
    expect(readFileSync(join(root, 'dist/sw.js'), 'utf8')).toContain('/index.html')
  }, 60_000)
})
