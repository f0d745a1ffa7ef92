import { describe, expect, it } from 'vitest'
import { referencesOf } from './references.ts'

const PAGE = 'https://app.test/shop/index.html'

/** What a text of this type names, as paths. */
const named = (text: string, type: string, url = PAGE): string[] =>
  referencesOf(text, { url, headers: new Headers({ 'content-type': type }) }).map((href) =>
    href.replace('https://app.test', ''),
  )

describe('what a document names', () => {
  it.each([
    ['a script', '<script type="module" src="/a.js"></script>', ['/a.js']],
    ['a script without quotes', '<script defer src=a.js></script>', ['/shop/a.js']],
    ['a style, in capitals', "<LINK REL=stylesheet HREF='a.css'>", ['/shop/a.css']],
    ['an address with a query', '<script src="/a.js?v=1&amp;w=2#x"></script>', ['/a.js?v=1&w=2']],
    ['what its base says', '<base href="/app/"><script src="a.js"></script>', ['/app/a.js']],
    [
      'a module of an inline script',
      '<script type="module">import "./a.js"\nimport b from \'/b.js\'</script>',
      ['/shop/a.js', '/b.js'],
    ],
    ['another origin', '<script src="https://cdn.test/a.js"></script>', ['https://cdn.test/a.js']],
    ['no image, and no link to a page', '<img src="/me.png"><a href="/other">', []],
    ['no address that is none', '<script src="http://"></script><script src=""></script>', []],
  ])('%s', (_, html, paths) => expect(named(html, 'text/html; charset=utf-8')).toEqual(paths))
})

describe('what a script names', () => {
  it.each([
    [
      'a module, once imported and once exported',
      "import { a } from './a.js'\nexport * from '../b.js'",
      ['/shop/a.js', '/b.js'],
    ],
    ['as a bundler writes it', 'import{a as b}from"./a.js";import"./b.js";var c=1', ['/shop/a.js', '/shop/b.js']],
    ['a list over lines', "import {\n  a,\n} from './a.js'", ['/shop/a.js']],
    ['no package', "import { a } from 'lit'", []],
    ['no text that reads alike', "say('import from', './a.js')\nconst from = './b.js'", []],
  ])('%s', (_, script, paths) => expect(named(script, 'text/javascript')).toEqual(paths))
})

it('a style names the styles that it imports, and fonts', () => {
  const style = `@import "b.css"; @import url('/c.css'); @font-face { src: url(../d.woff2?x=1) format("woff2") }
    p { background: url(me.png) }`
  expect(named(style, 'text/css')).toEqual(['/shop/b.css', '/c.css', '/d.woff2?x=1'])
})
