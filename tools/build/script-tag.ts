import { type DefaultTreeAdapterMap, defaultTreeAdapter, parse } from 'parse5'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']

/** By this attribute a tag of ours is known again. */
export const MARK = 'data-freshlayer'

/**
 * A document with one script tag of ours as the first thing in its head: the rest stays as it is, byte by byte.
 *
 * @param src the address of the script.
 */
export function withTag(html: string, src: string): string {
  const bare = withoutTag(html)
  // Heads begin early; what follows would be parsed for nothing.
  const beginning = bare.slice(0, EARLY)
  // Code of a template may not be cut in two.
  const early = headStart(/<[%?]/.test(beginning) ? bare : beginning)
  const { at } = early.isSure ? early : headStart(bare)
  return bare.slice(0, at) + scriptTag(src) + bare.slice(at)
}

const EARLY = 4096

/**
 * The script tag of ours.
 *
 * @param src the address of the script.
 * @param nonce what a content policy wants it to carry. Default: nothing.
 */
export function scriptTag(src: string, nonce?: string): string {
  const by = nonce === undefined ? '' : ` nonce="${attribute(nonce)}"`
  return `<script type="module" src="${attribute(src)}" ${MARK}${by}></script>`
}

/** In ASCII: the document may be of any charset. */
const attribute = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replace(/[^\p{ASCII}]/gu, (character) => `&#${character.codePointAt(0)};`)

/** A document without any script tag of ours. */
export function withoutTag(html: string): string {
  const last = html.lastIndexOf(MARK)
  if (last < 0) return html
  // The tag is the first thing of the head. What follows would be parsed for nothing.
  const end = html.indexOf(END_OF_SCRIPT, last)
  const parsed = end < 0 ? html : html.slice(0, end + END_OF_SCRIPT.length)
  let text = html
  for (const { sourceCodeLocation: place } of ours(parsed).toReversed()) {
    if (place) text = text.slice(0, place.startOffset) + text.slice(place.endOffset)
  }
  return text
}

const END_OF_SCRIPT = '</script>'

/**
 * Where the head of a document begins: after its tag, or where it would stand in a document without one. `isSure`: whatever
 * comes after the given text does not move it.
 */
export function headStart(html: string): { readonly at: number; readonly isSure: boolean } {
  if (html.startsWith(BYTE_ORDER_MARK)) {
    // It is no text: a parser would take it for the first of the body, and the doctype behind it for none.
    const { at, isSure } = headStart(html.slice(BYTE_ORDER_MARK.length))
    return { at: at + BYTE_ORDER_MARK.length, isSure }
  }
  const tree = treeOf(html)
  const root = elements(tree).find(({ tagName }) => tagName === 'html')
  const head = root && elements(root).find(({ tagName }) => tagName === 'head')
  const doctype = tree.childNodes.find((node) => defaultTreeAdapter.isDocumentTypeNode(node))
  const headTag = head?.sourceCodeLocation?.startTag
  const at =
    headTag?.endOffset ?? root?.sourceCodeLocation?.startTag?.endOffset ?? doctype?.sourceCodeLocation?.endOffset ?? 0
  // Without its tag the head begins with the first element of the head or of the body.
  const body = root && elements(root).find(({ tagName }) => tagName === 'body')
  const first = [head, body].flatMap((part) => (part ? elements(part) : []))
  return { at, isSure: headTag !== undefined || body?.sourceCodeLocation?.startTag !== undefined || first.length > 0 }
}

const BYTE_ORDER_MARK = '\uFEFF'

/** The path that a document's `<base href>` says; undefined: none, or an address that is no path. */
export function baseOf(html: string): string | undefined {
  // Few documents have one, and a large one takes long to parse.
  if (!/<base[\s/>]/i.test(html)) return undefined
  const [base] = find(html, ({ tagName }) => tagName === 'base')
  const href = base?.attrs.find(({ name }) => name === 'href')?.value ?? ''
  return /^\/(?!\/)/.test(href) ? href.replace(/[^/]*$/, '') : undefined
}

/** Script elements of ours, in the order of the document. */
const ours = (html: string): Element[] =>
  find(html, ({ tagName, attrs }) => tagName === 'script' && attrs.some(({ name }) => name === MARK))

/** In the order of the document. Without recursion: a document may be deeper than the stack. */
function find(html: string, isMeant: (element: Element) => boolean): Element[] {
  const found: Element[] = []
  const ahead: Element[] = elements(treeOf(html)).toReversed()
  for (let element = ahead.pop(); element !== undefined; element = ahead.pop()) {
    if (isMeant(element)) found.push(element)
    for (const child of elements(element).toReversed()) ahead.push(child)
  }
  return found
}

/**
 * What a server fills in, in the languages of templates that are written into HTML: `<% %>`, `<?php ?>`, `{% %}`, `{{ }}`. In
 * braces no tag may begin: scripts have braces, too.
 */
const FILLED_IN = /<%[^]*?%>|<\?[^]*?\?>|\{%[^<]*?%\}|\{\{[^<]*?\}\}/g

/** With the places of elements in the text. To a parser of HTML, code of a template would be text or end a tag. */
const treeOf = (html: string): DefaultTreeAdapterMap['document'] =>
  parse(
    html.replaceAll(FILLED_IN, (code) => ' '.repeat(code.length)),
    { sourceCodeLocationInfo: true },
  )

const elements = (node: Node): Element[] =>
  'childNodes' in node ? node.childNodes.filter((child) => defaultTreeAdapter.isElementNode(child)) : []
