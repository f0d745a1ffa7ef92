import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { HASHED_NAME } from './hashed-name.ts'

describe('a name has a hash', () => {
  it.each([
    ['as Vite and Rollup write it', 'index-BX12aZ9q.js'],
    ['in a folder', 'assets/index-MFqX23cB.css'],
    ['with a hyphen in it', 'index-B-x1Yz9-.js'],
    ['with an underscore in it', 'style-D4f_9xQ2.css'],
    ['without a digit', 'index-BDkQzShr.js'],
    ['as esbuild writes it', 'chunk-7HQPJZ3D.js'],
    ['in hexadecimal digits', 'main-1a2b3c4d.js'],
    ['with letters first and digits after them', 'app-aaaa1111.js'],
    ['after words with hyphens', 'app-settings-x1Yz9qB2.js'],
    ['before several endings', 'app-aaaa1111.js.map'],
  ])('%s', (_, name) => {
    expect(HASHED_NAME.test(name)).toBe(true)
  })

  it.each(['base64url', 'hex'] as const)('whatever bytes it is of, in %s, but for one in ten at most', (form) => {
    const hashes = Array.from({ length: 1000 }, (_, of) =>
      createHash('sha256').update(`${of}`).digest(form).slice(0, 8),
    )
    expect(hashes.filter((hash) => HASHED_NAME.test(`app-${hash}.js`)).length).toBeGreaterThan(900)
  })
})

describe('a name has no hash', () => {
  it.each([
    ['when it ends in a word', 'icon-maskable.svg'],
    ['when it ends in another word', 'site-manifest.webmanifest'],
    ['when it ends in words', 'app-my_words.js'],
    ['when it ends in words with capitals', 'Inter-SemiBold.woff2'],
    ['when the first of the words has none', 'app-darkMode.css'],
    ['when it ends in a word in capitals', 'logo-INVERTED.svg'],
    ['when it ends in a word and a number', 'part-chapter1.html'],
    ['when a hyphen is between the two', 'touch-icon-192.png'],
    ['when that word has a capital', 'Inter-Bold-700.woff2'],
    ['when it ends in a number and a word', 'page-404error.html'],
    ['when it ends in a year', 'hero-june2025.webp'],
    ['when it begins with a year', 'hero-2025june.webp'],
    ['when it ends in a version', 'logo-v1-final.svg'],
    ['when it ends in a language', 'texts-ui-en-US.json'],
    ['when it ends in a size', 'share-1200x630.png'],
    ['when a word is before the size', 'share-og-64x64.png'],
    ['when it ends in a date', 'report-20240131.json'],
    ['when it ends in a date with hyphens', 'photo-24-01-31.jpg'],
    ['when what looks like one is shorter', 'app-aaaa111.js'],
    ['when what looks like one is longer', 'app-aaaa11111.js'],
    ['when its folder has one', 'lib-aaaa1111.d/app.js'],
  ])('%s', (_, name) => {
    expect(HASHED_NAME.test(name)).toBe(false)
  })
})
