import { describe, expect, it } from 'vitest'
import { patternCovers } from './compiled.fixture.ts'
import { parsePattern } from './pattern.ts'

const APP = 'https://shop.example'

/** Whether the pattern matches this URL, seen from the app's own origin. */
function matches(pattern: string, href: string): boolean {
  const { origin, pathname } = new URL(href, APP)
  return patternCovers(pattern, { origin, sameOrigin: origin === APP, pathname })
}

describe('a pattern', () => {
  it.each([
    ['matches its literal path', '/api/units', '/api/units', true],
    ['does not match what is below it', '/api/units', '/api/units/1', false],
    ['does not match what it is below', '/api/units', '/api', false],
    ['tells a path with a slash at the end from one without', '/api/units', '/api/units/', false],
    ['tells capitals from small letters', '/api/units', '/api/Units', false],
    ['has no say about the query', '/api/units', '/api/units?page=2', true],
    ['takes dots for dots', '/a.json', '/axjson', false],
    ['takes any text for a parameter', '/api/units/:id', '/api/units/kg', true],
    ['takes no empty text for a parameter', '/api/units/:id', '/api/units/', false],
    ['keeps a parameter within its segment', '/api/units/:id', '/api/units/1/2', false],
    ['has parameters beside other text', '/odata/Products(:id)', '/odata/Products(7)', true],
    ['has two parameters in a segment', '/r/:from-:to', '/r/1-2', true],
    ['takes any text for a star beside other text', '/files/*.json', '/files/a.json', true],
    ['takes no text at all for a star beside other text', '/files/*.json', '/files/.json', true],
    ['keeps a star within its segment', '/files/*.json', '/files/a/b.json', false],
    ['takes one whole segment for a lone star', '/files/*/x', '/files/a/x', true],
    ['takes no empty segment for a lone star', '/files/*/x', '/files//x', false],
    ['takes one segment for a lone star at the end', '/files/*', '/files/a/b', false],
    ['takes any number of segments for two stars', '/api/**', '/api/a/b/c', true],
    ['takes no segment for two stars', '/api/**', '/api', true],
    ['takes an empty segment for two stars', '/api/**', '/api/', true],
    ['takes two stars for whole segments', '/api/**', '/apix', false],
    ['takes everything for two stars alone', '/**', '/', true],
    ['has umlauts as a URL carries them', '/café/:id', '/caf%C3%A9/1', true],
    ["is of the app's own origin without one", '/api', 'https://other.example/api', false],
    ['is of another origin by full URL', 'https://api.example.com/v1/**', 'https://api.example.com/v1/x', true],
    ['keeps to its origin', 'https://api.example.com/v1/**', '/v1/x', false],
    ['keeps to its port', 'http://localhost:4000/**', 'http://localhost:4001/', false],
    ['may name the own origin in full', 'https://shop.example/api', '/api', true],
    ['has an origin in small letters', 'https://API.example.com/v1', 'https://api.example.com/v1', true],
  ])('%s', (_, pattern, href, expected) => {
    expect(matches(pattern, href)).toBe(expected)
  })

  it.each([
    ['a path without its slash', 'api'],
    ['a method in small letters', 'get /api'],
    ['an origin without a path', 'https://api.example.com'],
    ['nothing', ''],
  ])('is not %s', (_, text) => {
    expect(parsePattern(text)).toBe('invalid')
    expect(matches(text, '/api')).toBe(false)
  })
})
