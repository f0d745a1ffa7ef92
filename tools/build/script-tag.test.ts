import { describe, expect, it } from 'vitest'
import { baseOf, withoutTag, withTag } from './script-tag.ts'

const TAG = '<script type="module" src="/freshlayer.js" data-freshlayer></script>'

describe('the script tag', () => {
  it.each([
    ['a head', '<!doctype html><html><head lang=x><title>a</title></head></html>', '<head lang=x>'],
    ['a head in capitals', '<!DOCTYPE html><HTML><HEAD><TITLE>a</TITLE></HEAD></HTML>', '<HEAD>'],
    ['no head', '<!doctype html><html lang=en><body><p>a</body></html>', '<html lang=en>'],
    ['no html', '<!doctype html><title>a</title><p>b', '<!doctype html>'],
    ['a comment that names a head', '<!doctype html><!-- <head> --><html><head></head></html>', '--><html><head>'],
    [
      'a head behind much else',
      `<!doctype html><!-- ${'x'.repeat(9000)} --><html><head id=a></head></html>`,
      '<head id=a>',
    ],
    ['a long head tag', `<!doctype html><html><head data-x="${'x'.repeat(9000)}"></head></html>`, 'x">'],
    ['a byte order mark', '\uFEFF<!doctype html>\r\n<html>\r\n<head>\r\n</head></html>', '<head>'],
    ['a byte order mark and no head', '\uFEFF<!doctype html><p>a', '<!doctype html>'],
    ['much text and no head', `<!doctype html><html lang=en><p>${'x'.repeat(9000)}`, '<html lang=en>'],
  ])('is the first thing of a document with %s', (_, html, before) => {
    const at = html.indexOf(before) + before.length
    expect(withTag(html, '/freshlayer.js')).toBe(html.slice(0, at) + TAG + html.slice(at))
  })

  it.each([
    [
      'a directive before the doctype',
      '<%@ page contentType="text/html" %>\n<!DOCTYPE html>\n<html><head>¤</head></html>',
    ],
    ['a statement before the doctype', '{% load static %}\n<!doctype html><html><head>¤<title>a</title>'],
    ['a comment before the doctype', '{{!-- of the shop --}}\n<!doctype html><html><head>¤<title>a</title>'],
    ['a comment that names a head', '<%# the <head> of all pages %>\n<!doctype html><html><head>¤<title>a</title>'],
    ['code before the doctype', '<?php $title = $this->title; ?>\n<!doctype html><html><head>¤<title>a</title>'],
    ['attributes of its root', '<!doctype html><html <%- attributes %>><head>¤<title>a</title>'],
    ['attributes of its head', '<!doctype html><html><head <%= attributes %>>¤<title>a</title>'],
    ['attributes of its root and no head', '<!doctype html><html <%- attributes %>>¤<title>a</title>'],
    [
      'long code before the doctype',
      `<% ${'const a = 1 > 0; '.repeat(900)} %>\n<!doctype html><head>¤<title>a</title>`,
    ],
    ['a comment of HTML that names its code', '<!-- <% --><!doctype html><html><head>¤<title>a</title>'],
  ])('is the first thing in the head of a template with %s', (_, marked) => {
    const html = marked.replace('¤', '')
    expect(withTag(html, '/freshlayer.js')).toBe(marked.replace('¤', TAG))
    expect(withoutTag(withTag(html, '/freshlayer.js'))).toBe(html)
  })

  it('begins a document that has nothing before its content', () => {
    expect(withTag('<p>a', '/freshlayer.js')).toBe(`${TAG}<p>a`)
    expect(withTag('', '/freshlayer.js')).toBe(TAG)
  })

  it('is there once, however often it is put in, and follows a change of its address', () => {
    const html = '<!doctype html><head></head>'
    const once = withTag(html, '/a.js')
    expect(withTag(once, '/a.js')).toBe(once)
    expect(withTag(once, '/b/freshlayer.js')).toBe(withTag(html, '/b/freshlayer.js'))
  })

  it('leaves nothing behind when it is taken out', () => {
    const html = '\uFEFF<!doctype html>\r\n<head >\r\n\t<script>/* <head> */</script></head>\n'
    expect(withoutTag(withTag(html, '/freshlayer.js'))).toBe(html)
    expect(withoutTag(html)).toBe(html)
  })

  it('has its address as the document has to write it', () => {
    expect(withTag('<head></head>', '/a&b"c/freshlayer.js')).toContain('src="/a&amp;b&quot;c/freshlayer.js"')
    expect(withTag('<head></head>', '/grün/freshlayer.js')).toContain('src="/gr&#252;n/freshlayer.js"')
  })
})

describe('a document of any depth', () => {
  const deep = `<!doctype html><head><base href="/app/"></head>${'<div>'.repeat(100_000)}`

  it('is read', () => {
    expect(baseOf(deep)).toBe('/app/')
    expect(withoutTag(withTag(deep, '/freshlayer.js'))).toBe(deep)
    expect(withoutTag(deep + TAG)).toBe(deep)
  })

  it('of a template has no path that only the server knows', () => {
    expect(baseOf('<head><base href="<%= base %>"></head>')).toBeUndefined()
    expect(baseOf('<%@ page %><head><base href="/app/"></head>')).toBe('/app/')
  })
})

describe('the base of a document', () => {
  it.each([
    ['<head><base href="/app/"></head>', '/app/'],
    ['<base target=_blank href=/app/index.html>', '/app/'],
    ['<base href="/">', '/'],
    ['<base href="./">', undefined],
    ['<base href="//cdn.example/app/">', undefined],
    ['<base href="https://cdn.example/">', undefined],
    ['<head></head>', undefined],
  ])('%s', (html, base) => expect(baseOf(html)).toBe(base))
})
