import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CLI, PLAIN, PROGRAM } from '../cli.fixture.ts'
import { entry, har } from '../recording/har.fixture.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-suggest-'))
afterAll(() => rmSync(home, { recursive: true }))

const at = (second: number): string => new Date(Date.parse('2026-11-30T10:00:00Z') + second * 1000).toISOString()

const asked = { headers: [{ name: 'Authorization', value: 'Bearer hunter2' }] }

/** A tour of one user through a shop, as Chromium records it. */
const TOUR = har(
  [
    entry('https://shop.example/', { startedDateTime: at(0), _resourceType: 'document' }),
    entry('https://shop.example/api/products', { startedDateTime: at(1), request: asked }),
    entry('https://shop.example/api/products/7', { startedDateTime: at(2), request: asked }),
    entry('https://shop.example/api/products', { startedDateTime: at(20), request: asked }),
    entry('https://shop.example/api/products', { startedDateTime: at(45), request: asked }),
  ],
  'WebInspector',
)

writeFileSync(join(home, 'tour.har'), JSON.stringify(TOUR))

/** Runs the command in `home`, as a user stands in a project. */
const run = (...given: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync(PROGRAM, [...CLI, 'suggest', ...given], {
    cwd: home,
    encoding: 'utf8',
    env: PLAIN,
  })

describe('freshlayer suggest', () => {
  it('prints a row per route, and the rules', () => {
    const { stdout, status } = run('tour.har')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^https:\/\/shop\.example: 5 requests in 45 s\n/)
    expect(stdout).toMatch(/^\/api\/products +3 → 2 \(1 behind\) .* token: unknown +1 of 1$/m)
    expect(stdout).toMatch(/^\/api\/products\/:id +1 /m)
    expect(stdout).toContain("{ match: '/api/products', fresh: '30s', stale: '1d', tags: ['products'] },")
    expect(stdout).not.toContain('hunter2')
  })

  it('prints findings, rules and savings as JSON', () => {
    const { stdout, status } = run('tour.har', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      findings: {
        origin: 'https://shop.example',
        routes: [{ match: '/api/products', requests: 3 }, { match: '/api/products/:id' }],
      },
      proposal: { config: { identity: { by: ['authorization'] } }, warnings: [] },
      simulation: { total: { before: 4, after: 3, behind: 1 } },
    })
  })

  it('shows no secret of a URL, in whichever form', () => {
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.hunter2hunter2'
    const urls = [
      '/api/map?key=hunter2',
      '/api/files?hash=hunter2',
      `/api/shared/${jwt}/items`,
      `/api/shared/${jwt}`,
      '/api/invitations/hunter2-9f3A',
      '/api/feed;jsessionid=hunter2',
      `/api/page?next=${jwt}`,
      '/gone#access_token=hunter2',
    ]
    const entries = urls.flatMap((url, index) =>
      [0, 100].map((later) =>
        entry(`https://shop.example${url}`, { startedDateTime: at(index + later), request: asked }),
      ),
    )
    const writes = [`/api/shared/${jwt}/items`, '/api/files?hash=hunter2'].map((url, index) =>
      entry(`https://shop.example${url}`, {
        startedDateTime: at(50 + index),
        request: { ...asked, method: 'POST' },
      }),
    )
    writeFileSync(join(home, 'secrets.har'), JSON.stringify(har([...entries, ...writes], 'WebInspector')))
    for (const more of [[], ['--json'], ['--out', 'secrets.ts']]) {
      const { stdout, stderr, status } = run('secrets.har', ...more)
      expect(status).toBe(0)
      expect(stdout).toContain('/api/map')
      expect(stdout + stderr).not.toMatch(/hunter2|eyJ/)
    }
    expect(readFileSync(join(home, 'secrets.ts'), 'utf8')).not.toMatch(/hunter2|eyJ/)
  })

  it('writes the rules where it is told to, and never over a file without --force', () => {
    const out = join(home, 'rules.ts')
    expect(run('tour.har', '--out', 'rules.ts')).toMatchObject({ status: 0 })
    expect(readFileSync(out, 'utf8')).toContain('export default defineConfig({')
    writeFileSync(out, 'mine')
    const { status, stderr, stdout } = run('tour.har', '--out', 'rules.ts')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr).toBe('freshlayer rules.ts is there already: name another file, or add --force\n')
    expect(readFileSync(out, 'utf8')).toBe('mine')
    expect(run('tour.har', '--out', 'rules.ts', '--force')).toMatchObject({ status: 0 })
    expect(readFileSync(out, 'utf8')).not.toBe('mine')
  })

  it('replays a recording with rules that are given', () => {
    writeFileSync(
      join(home, 'given.mjs'),
      "export default { version: '1', identity: { by: ['authorization'] }, routes: [{ match: '/api/**', fresh: 0 }, ] }",
    )
    const { stdout, status } = run('tour.har', '--json', '--config', 'given.mjs')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ simulation: { routes: [{ name: '/api/**', before: 4, after: 4 }] } })
  })

  it.each([
    ['suggest', 'tour.har'],
    ['try', '.'],
  ])(
    '%s refuses at once to write into a folder that is not there',
    (command, what) => {
      writeFileSync(join(home, 'index.html'), '')
      const words = [command, what, '--out', 'nowhere/rules.ts']
      const { status, stdout, stderr } = spawnSync(PROGRAM, [...CLI, ...words], {
        cwd: home,
        encoding: 'utf8',
        timeout: 60_000,
        env: PLAIN,
      })
      expect([status, stdout]).toEqual([1, ''])
      expect(stderr).toBe('freshlayer nowhere/rules.ts is in no folder that is there: make nowhere first\n')
    },
    70_000,
  )

  it.each([
    ['out', '--force', 'out is a folder: name a file in it'],
    ['tour.har/rules.ts', '', 'tour.har/rules.ts is in no folder that is there: make tour.har first'],
    // What stands for any reason of the system: as its superuser a test may write everywhere.
    ['held.ts', '', 'held.ts may not be written (EISDIR): name another file'],
  ])('refuses %s as --out before it reads anything', (out, more, said) => {
    mkdirSync(join(home, 'out'), { recursive: true })
    mkdirSync(join(home, 'held.ts.freshlayer-next'), { recursive: true })
    const { status, stdout, stderr } = run('nowhere.har', '--out', out, ...(more === '' ? [] : [more]))
    expect([status, stdout, stderr]).toEqual([1, '', `freshlayer ${said}\n`])
  })

  it.each([
    ['nowhere.har', 'nowhere.har is not there: name a HAR file, as DevTools export it'],
    ['cut.har', /^cut\.har is cut off after entry \d: it ends at byte \d+ \(line 1\) in the middle of its JSON$/],
    ['other.har', /^other\.har is JSON but no HAR/],
  ])('refuses %s in one line, and writes nothing', (name, message) => {
    writeFileSync(join(home, 'cut.har'), JSON.stringify(TOUR).slice(0, -300))
    writeFileSync(join(home, 'other.har'), '{"entries": []}')
    const { status, stderr, stdout } = run(name, '--out', 'new.ts')
    expect([status, stdout]).toEqual([1, ''])
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringMatching(/^freshlayer /)])
    expect(stderr.replace(/^freshlayer /, '').trimEnd()).toMatch(message)
    expect(existsSync(join(home, 'new.ts'))).toBe(false)
  })
})
