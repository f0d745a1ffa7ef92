import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { Tagging } from './tagging.ts'

const TAG = '<script type="module" src="/s.js" data-freshlayer></script>'

async function tagged(parts: readonly (string | Buffer)[], nonce?: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of Readable.from(parts.map((part) => Buffer.from(part))).pipe(new Tagging('/s.js', nonce)))
    chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

describe('the tag in a document that passes', () => {
  it.each([
    ['<!doctype html><html><head lang=x><title>é</title></head>', '<head lang=x>'],
    ['<!DOCTYPE html><title>a</title><p>b', '<!DOCTYPE html>'],
    ['<!-- <head> --><html><body>x', '<html>'],
    ['<html><head>', '<head>'],
    ['', ''],
  ])('is first in its head, however the document is cut: %s', async (html, before) => {
    const at = html.indexOf(before, html.startsWith('<!--') ? 15 : 0) + before.length
    const expected = html.slice(0, at) + TAG + html.slice(at)
    expect((await tagged([html])).toString()).toBe(expected)
    for (let cut = 1; cut < html.length; cut++) {
      const bytes = Buffer.from(html)
      expect((await tagged([bytes.subarray(0, cut), bytes.subarray(cut)])).toString()).toBe(expected)
    }
    expect((await tagged([...Buffer.from(html)].map((byte) => Buffer.from([byte])))).toString()).toBe(expected)
  })

  it('leaves a byte order mark in front, and bytes of other charsets what they are', async () => {
    const mark = Buffer.from([0xef, 0xbb, 0xbf])
    const rest = Buffer.concat([Buffer.from('<title>'), Buffer.from([0xe9, 0xff, 0x80]), Buffer.from('</title>')])
    const head = Buffer.from('<!doctype html><head>')
    expect(await tagged([mark, head, rest])).toEqual(Buffer.concat([mark, head, Buffer.from(TAG), rest]))
  })

  it('has the nonce of the document', async () => {
    expect((await tagged(['<head>'], 'a"b')).toString()).toBe(
      '<head><script type="module" src="/s.js" data-freshlayer nonce="a&quot;b"></script>',
    )
  })

  it('does not hold a document back that comes in parts', async () => {
    const tagging = new Tagging('/s.js')
    tagging.write('<!doctype html><html><head><title>a</title></head><body>first')
    expect(String(tagging.read())).toContain('<body>first')
    tagging.write('second')
    expect(String(tagging.read())).toBe('second')
  })

  it('gives up looking for a head in what has none', async () => {
    const text = `<!--${'-'.repeat(200_000)}`
    expect((await tagged([text.slice(0, 100_000), text.slice(100_000)])).toString()).toBe(TAG + text)
  })
})
