import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { apply } from './apply.ts'
import { changesOf, report, servedAt, undoingOf } from './build-folder.ts'
import { tellOfKept } from './kept-size.ts'
import { tellOfOthers } from './own-worker.ts'

const home = mkdtempSync(join(tmpdir(), 'freshlayer-folder-'))
afterAll(() => rmSync(home, { recursive: true }))

/** A built folder of a thousand and more documents. */
function large(): string {
  const folder = mkdtempSync(join(home, 'dist-'))
  mkdirSync(join(folder, 'docs'))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><head></head>')
  for (let page = 0; page < 1200; page++) writeFileSync(join(folder, `docs/${page}.html`), `<p>${page}</p>`)
  for (let part = 0; part < 100; part++) writeFileSync(join(folder, `assets/part-${part}.js`), `${part}`)
  return folder
}

const rules = join(home, 'rules.mjs')
writeFileSync(rules, "export default { version: '1', identity: 'none', shell: '/index.html', routes: [] }")

describe('a document', () => {
  const HTML = '<!doctype html><html><head><title>caf\u00e9</title></head></html>'
  it.each<[charset: string, bytes: Buffer, encoding: BufferEncoding]>([
    ['UTF-8', Buffer.from(HTML), 'utf8'],
    ['Windows-1252', Buffer.from(HTML, 'latin1'), 'latin1'],
    ['UTF-16', Buffer.from(`\uFEFF${HTML}`, 'utf16le'), 'utf16le'],
  ])('in %s has the tag, and every other byte as it was', async (_, bytes, encoding) => {
    const folder = mkdtempSync(join(home, 'dist-'))
    const file = join(folder, 'index.html')
    writeFileSync(file, bytes)
    await apply(folder, await changesOf(folder, { config: rules }))
    const tag = '<script type="module" src="/freshlayer.js" data-freshlayer></script>'
    const [before = '', after = ''] = bytes.toString(encoding).split('<title>')
    expect(readFileSync(file).toString(encoding)).toBe(`${before}${tag}<title>${after}`)
    await apply(folder, await undoingOf(folder))
    expect(readFileSync(file)).toEqual(bytes)
  })

  it('in UTF-16 of the other order is refused, and nothing is written', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    writeFileSync(join(folder, 'index.html'), Buffer.from(`\uFEFF${HTML}`, 'utf16le').swap16())
    await expect(changesOf(folder, { config: rules })).rejects.toThrow(/index\.html is UTF-16 .*: save it as UTF-8/)
    expect(readdirSync(folder)).toEqual(['index.html'])
  })
})

describe('a template that a server fills in', () => {
  const EJS =
    '<!DOCTYPE html>\n<html>\n<head>\n  <base href="<%= basePath %>" />\n  <title><%= title %></title>\n</head>\n<body><%- config %></body></html>'

  it('has the tag where it is named, and is as it was without it', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    const file = join(folder, 'index.ejs')
    writeFileSync(file, EJS)
    await expect(changesOf(folder, { config: rules })).rejects.toThrow(/has no HTML file: .* --document index\.ejs/)
    const documents = ['*.ejs']
    await apply(folder, await changesOf(folder, { config: rules, base: '/ui/', documents }))
    const tag = '<script type="module" src="/ui/freshlayer.js" data-freshlayer></script>'
    expect(readFileSync(file, 'utf8')).toBe(EJS.replace('<head>', `<head>${tag}`))
    // The server fills it in, so its bytes are not those that a page gets.
    expect(readFileSync(join(folder, 'sw.js'), 'utf8')).not.toContain('index.ejs')
    await apply(folder, await undoingOf(folder, documents))
    expect(readFileSync(file, 'utf8')).toBe(EJS)
    expect(readdirSync(folder)).toEqual(['index.ejs'])
  })

  it('is as it was also where `undo` does not name it', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    const files = { 'index.html': '<!doctype html><p>a', 'views/index.ejs': EJS, 'views/layout': `\n${EJS}` }
    mkdirSync(join(folder, 'views'))
    writeFileSync(join(folder, 'views/other'), '\uFFFE of another encoding', 'utf16le')
    const named = ['**/*.html', 'views/index.ejs', 'views/layout']
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    await apply(folder, await changesOf(folder, { config: rules, base: '/ui/', documents: named }))
    expect(readFileSync(join(folder, 'views/layout'), 'utf8')).toContain('data-freshlayer')
    await apply(folder, await undoingOf(folder))
    for (const [file, text] of Object.entries(files)) expect(readFileSync(join(folder, file), 'utf8')).toBe(text)
    expect(readdirSync(folder)).toEqual(['index.html', 'views'])
  })

  it('is missed where the name meets none', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    await expect(changesOf(folder, { config: rules, documents: ['*.hbs'] })).rejects.toThrow(/has no file \*\.hbs/)
  })
})

it.each(['', ' ', '../index.ejs', 'a/../../index.ejs', '{a,../b}.ejs', '/etc/*.html', 'C:\\app\\*.html'])(
  "a glob that is of no file in the folder, '%s', is refused with one line",
  async (wrong) => {
    const folder = mkdtempSync(join(home, 'dist-'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    const said = `'${wrong}' names no files in ${folder}`
    await expect(changesOf(folder, { config: rules, documents: [wrong] })).rejects.toThrow(said)
    await expect(changesOf(folder, { config: rules, keep: ['**/*.js', wrong] })).rejects.toThrow(said)
    await expect(undoingOf(folder, [wrong])).rejects.toThrow(said)
  },
)

describe('a folder of very many files', () => {
  it('is said with what most of them are, and how fewer are kept', async () => {
    const folder = large()
    expect(await tellOfKept(folder)).toEqual([
      expect.stringMatching(
        /^1,301 files, 0\.0 MB are kept .*: most are docs\/\*\*\/\*\.html \(1,200 files, 0\.0 MB\), assets\/\*\*\/\*\.js \(100 files, 0\.0 MB\)\. .*--keep index\.html/,
      ),
    ])
    expect(await tellOfKept(folder, ['index.html', 'assets/**'])).toEqual([])
  })

  it('has the tag in each document, and in the worker what is kept; the report stays short', async () => {
    const folder = large()
    const changes = await changesOf(folder, { config: rules, keep: ['index.html', 'assets/part-1.js'] })
    const tagged = changes.filter(({ file, text }) => file.endsWith('.html') && text?.includes('data-freshlayer'))
    expect(tagged).toHaveLength(1201)
    const worker = changes.find(({ file }) => file === 'sw.js')?.text ?? ''
    const listed = [...worker.matchAll(/\{url:"([^"]+)"/g)].map(([, url]) => url)
    expect(listed.filter((url) => url?.startsWith('/freshlayer') === false)).toEqual([
      '/assets/part-1.js',
      '/index.html',
    ])
    const lines = report(folder, changes)
    expect(lines.length).toBeLessThan(20)
    expect(lines.at(-1)).toBe('  and 1,191 more documents')
  }, 60_000)
})

describe('where a folder is served', () => {
  it.each([
    ['as its index says, not another document', { '404.html': '', 'index.html': '<base href="/app/">' }, '/app/'],
    ['as the shallowest document says', { 'a/a.html': '<base href="/a/">', 'b.html': '<base href="/b/">' }, '/b/'],
    ['at the root where none says it', { 'index.html': '<p>' }, '/'],
    ['at the root without documents', {}, '/'],
  ])('%s', async (_, files, base) => {
    const folder = mkdtempSync(join(home, 'served-'))
    mkdirSync(join(folder, 'a'))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
    expect(await servedAt(folder)).toBe(base)
  })
})

describe('a worker of another tool in the folder', () => {
  it('is named in one line where it is no file at all, and nothing is written', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html>')
    mkdirSync(join(folder, 'sw.js'))
    await expect(changesOf(folder, { config: rules })).rejects.toThrow(
      `${join(folder, 'sw.js')} cannot be read (EISDIR): the layer's worker would be written there`,
    )
    expect(readdirSync(folder).toSorted()).toEqual(['index.html', 'sw.js'])
  })

  it('is named with what to do about it, until the script that removes it is in its place', async () => {
    const folder = mkdtempSync(join(home, 'others-'))
    expect(await tellOfOthers(folder)).toEqual([])
    writeFileSync(join(folder, 'ngsw-worker.js'), 'class Driver {}')
    expect(await tellOfOthers(folder)).toEqual([
      expect.stringMatching(/ngsw-worker\.js is another worker, .*`npx freshlayer kill --out \S+ngsw-worker\.js`/),
    ])
    writeFileSync(join(folder, 'ngsw-worker.js'), '"freshlayer-cache-v1"')
    expect(await tellOfOthers(folder)).toEqual([])
  })

  it('is named where it is that of an app without a build', async () => {
    const folder = mkdtempSync(join(home, 'dist-'))
    writeFileSync(join(folder, 'freshlayer-sw.js'), '"freshlayer-cache-v1"')
    expect(await tellOfOthers(folder)).toEqual([
      expect.stringMatching(/freshlayer-sw\.js is the worker of an app without a build, .*`freshlayer copy`/),
    ])
  })
})

describe('taking the layer out', () => {
  it('does not take away a worker that the Vite plugin has built, which pages go on asking for', async () => {
    const folder = join(home, 'vite')
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.html'), '<script type="module" src="/assets/index.js"></script>')
    writeFileSync(join(folder, 'sw.js'), 'const names = "freshlayer-cache-v1"')
    await expect(undoingOf(folder)).rejects.toThrow(/vite\/sw\.js is not of `freshlayer build`/)
  })

  it('of a folder that is not there is refused', async () => {
    await expect(undoingOf(join(home, 'nowhere'))).rejects.toThrow(/nowhere is not there: name the folder/)
  })
})
