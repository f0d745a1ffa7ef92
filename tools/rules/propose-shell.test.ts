import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Config } from '../../config/language/index.ts'
import { proposeShell } from './propose-shell.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-shell-'))
afterAll(() => rmSync(home, { recursive: true }))

const DATA = '<!doctype html><body><div id="root"><p>12 sold</p></div></body>'
const MOUNT = '<!doctype html><body><div id="root"></div><script src="/a.js"></script></body>'

const RULES: Config = { version: '1', identity: 'none', routes: [] }

/** A built app with these files; those without text are pages with data. */
function appOf(files: Readonly<Record<string, string | undefined>>): string {
  const folder = mkdtempSync(join(home, 'app-'))
  for (const [path, text = DATA] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const named = (...paths: readonly string[]): Record<string, undefined> =>
  Object.fromEntries(paths.map((path) => [path, undefined]))

describe('rules without a shell', () => {
  const proposedFor = async (files: Readonly<Record<string, string | undefined>>): Promise<string[]> =>
    proposeShell(RULES, appOf(files))

  it.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    [
      'an offline page before all others',
      { ...named('fallback.html', 'index.html', '200.html', 'app-shell.html', 'offline.html'), 'a.html': MOUNT },
      '/offline.html',
    ],
    ['a shell by its name', named('fallback.html', 'index.html', '200.html', 'app-shell.html'), '/app-shell.html'],
    ['what hosts serve for every page', named('fallback.html', 'index.html', '200.html'), '/200.html'],
    ['the index', named('fallback.html', 'index.html', 'about.html'), '/index.html'],
    ['a fallback before what only looks empty', { ...named('fallback.html'), 'a.html': MOUNT }, '/fallback.html'],
    ['the index of the app before those of its parts', named('about/index.html', 'index.html'), '/index.html'],
    ['the name before the place', named('index.html', 'pages/offline.html'), '/pages/offline.html'],
    ['a name, not the end of one', { 'my-index.html': undefined, 'z.html': MOUNT }, '/z.html'],
    ['the document that waits for a script', { ...named('a.html'), 'main.html': MOUNT }, '/main.html'],
    ['the same with blanks', { ...named('a.html'), 'b.html': "<main class=x id='app'>\n</main>" }, '/b.html'],
    ['the same with a comment', { ...named('a.html'), 'b.html': '<DIV id=app><!--app-html--> </DIV>' }, '/b.html'],
  ])('are offered %s', async (_, files, path) => {
    expect(await proposedFor(files)).toEqual([
      `pages of this app are not available offline: name a document without data, for example shell: '${path}'`,
    ])
  })

  it('are offered no document with very many comments before its data', async () => {
    // A pattern that may read a comment in two ways would try each combination of them, for longer than anybody waits.
    const marked = `<div id="app">${'<!---->'.repeat(10_000)}12 sold</div>`
    expect(
      await proposedFor({ 'a.html': marked, 'b.html': `<div id="app">${'<!---->'.repeat(10_000)}</div>` }),
    ).toEqual([
      "pages of this app are not available offline: name a document without data, for example shell: '/b.html'",
    ])
  })

  it('are offered nothing when every document has data', async () => {
    expect(await proposedFor({ 'a.html': DATA, 'b.html': '<div class="line"></div>' })).toEqual([
      'pages of this app are not available offline: name a document without data',
    ])
  })

  it('are offered a document also where none is among the files that are kept', async () => {
    const folder = appOf({ ...named('index.html', 'about.html'), 'app.js': '' })
    expect(await proposeShell(RULES, folder, { files: ['*.js'] })).toEqual([
      "pages of this app are not available offline: name a document without data, for example shell: '/index.html'",
    ])
  })

  it('where pages are kept, speaks of those that were never loaded, and knows a document without a folder', async () => {
    const kept = { ...RULES, navigation: { offline: '7d' } } as const
    const said =
      'pages that were never loaded are not available offline: name a document without data, for example shell:'
    expect(await proposeShell(kept, appOf(named('index.html')))).toEqual([`${said} '/index.html'`])
    expect(await proposeShell(kept, appOf({ 'app.js': '' }))).toEqual([`${said} '/offline'`])
    expect(await proposeShell(kept)).toEqual([`${said} '/offline'`])
    expect(await proposeShell({ ...kept, shell: '/offline' })).toEqual([])
    expect(await proposeShell(RULES)).toEqual([])
  })

  it('are right for an app without documents', async () => {
    expect(await proposedFor({ 'a.js': '', 'html.css': '' })).toEqual([])
    expect(await proposedFor({})).toEqual([])
  })
})

describe('the shell of the rules', () => {
  it.each([
    ['/index.html', 'index.html'],
    ['/app/shell.html', 'app/shell.html'],
    ['/%C3%BCber%20uns.html', 'über uns.html'],
    ['/über.html', 'über.html'],
  ])('%s is there', async (shell, path) => {
    expect(await proposeShell({ ...RULES, shell }, appOf(named(path)))).toEqual([])
  })

  it.each(['/offline.html', '/INDEX.html'])('%s is not there, and the documents that are get named', async (shell) => {
    const folder = appOf(named('index.html', 'about/index.html', 'a.js'))
    expect(await proposeShell({ ...RULES, shell }, folder)).toEqual([
      `shell: '${shell}' given, expected a document of ${folder}, which has '/index.html', '/about/index.html', unless the server makes it`,
    ])
  })

  it.each<[string, string, readonly string[]]>([
    ['has no ending', '/offline', ['index.html']],
    ['is the root', '/', ['index.html']],
    ['has the ending of a program', '/shell.php', ['index.html']],
    ['is of an app without documents', '/offline.html', ['app.js']],
  ])('that %s is made by the server: %s', async (_, shell, files) => {
    expect(await proposeShell({ ...RULES, shell }, appOf(named(...files)))).toEqual([])
  })

  it('is looked for at the path where the files are served', async () => {
    const folder = appOf(named('index.html'))
    const base = '/app/'
    expect(await proposeShell({ ...RULES, shell: '/app/index.html' }, folder, { base })).toEqual([])
    expect(await proposeShell({ ...RULES, shell: '/index.html' }, folder, { base })).toEqual([
      `shell: '/index.html' given, expected a document of ${folder}, which has '/app/index.html', unless the server makes it`,
    ])
    expect(await proposeShell(RULES, folder, { base })).toEqual([
      "pages of this app are not available offline: name a document without data, for example shell: '/app/index.html'",
    ])
  })

  it('is not there where it is not one of the files that are kept', async () => {
    const folder = appOf(named('index.html', 'other.html'))
    expect(await proposeShell({ ...RULES, shell: '/other.html' }, folder, { files: ['index.html'] })).toEqual([
      `shell: '/other.html' given, expected a document of ${folder}, which has '/index.html', unless the server makes it`,
    ])
  })

  it('is not there among more documents than anybody reads', async () => {
    const folder = appOf(named(...Array.from({ length: 13 }, (_, at) => `${String.fromCharCode(97 + at)}.html`)))
    const [said] = await proposeShell({ ...RULES, shell: '/x.html' }, folder)
    expect(said).toMatch(/has '\/a\.html', .*'\/j\.html' and 3 more, unless/)
    expect(said).not.toContain('/k.html')
  })
})
