import { type DefaultTreeAdapterMap, defaultTreeAdapter, parse, type Token } from 'parse5'

type Node = DefaultTreeAdapterMap['node']
type Element = DefaultTreeAdapterMap['element']
type Location = Token.Location

/** By this attribute a tag of ours is known again. */
const MARK = 'data-freshlayer'

/**
 * A document with one script tag of ours as the first thing in its head: the rest stays as it is, byte by byte.
 *
 * @param src the address of the script.
 */
export function withTag(html: string, src: string): string {
  const bare = withoutTag(html)
  const at = headStart(bare)
  const address = src.replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  return `${bare.slice(0, at)}<script type="module" src="${address}" ${MARK}></script>${bare.slice(at)}`
}

/** A document without any script tag of ours. */
export function withoutTag(html: string): string {
  // A document of a hundred kilobytes takes its time.
  if (!html.includes(MARK)) return html
  let text = html
  for (const { sourceCodeLocation: place } of ours(html).toReversed()) {
    if (place) text = text.slice(0, place.startOffset) + text.slice(place.endOffset)
  }
  return text
}

/** Where the head begins: after its tag, or where it would stand in a document without one. */
function headStart(html: string): number {
  // Heads begin early; what follows would be parsed for nothing.
  return startOfHead(html.slice(0, EARLY))?.endOffset ?? headStartOfAll(html)
}

const EARLY = 4096

function startOfHead(html: string): Location | null | undefined {
  const root = elements(parse(html, { sourceCodeLocationInfo: true })).find(({ tagName }) => tagName === 'html')
  return root && elements(root).find(({ tagName }) => tagName === 'head')?.sourceCodeLocation?.startTag
}

function headStartOfAll(html: string): number {
  const tree = parse(html, { sourceCodeLocationInfo: true })
  const root = elements(tree).find(({ tagName }) => tagName === 'html')
  const head = root && elements(root).find(({ tagName }) => tagName === 'head')
  const doctype = tree.childNodes.find((node) => defaultTreeAdapter.isDocumentTypeNode(node))
  return (
    head?.sourceCodeLocation?.startTag?.endOffset ??
    root?.sourceCodeLocation?.startTag?.endOffset ??
    doctype?.sourceCodeLocation?.endOffset ??
    0
  )
}

/** The path that a document's `<base href>` says; undefined: none, or an address that is no path. */
export function baseOf(html: string): string | undefined {
  const [base] = find(html, ({ tagName }) => tagName === 'base')
  const href = base?.attrs.find(({ name }) => name === 'href')?.value ?? ''
  return /^\/(?!\/)/.test(href) ? href.replace(/[^/]*$/, '') : undefined
}

/** Script elements of ours, in the order of the document. */
const ours = (html: string): Element[] =>
  find(html, ({ tagName, attrs }) => tagName === 'script' && attrs.some(({ name }) => name === MARK))

function find(html: string, isMeant: (element: Element) => boolean): Element[] {
  const found: Element[] = []
  const visit = (node: Node): void => {
    for (const element of elements(node)) {
      if (isMeant(element)) found.push(element)
      visit(element)
    }
  }
  visit(parse(html, { sourceCodeLocationInfo: true }))
  return found
}

const elements = (node: Node): Element[] =>
  'childNodes' in node ? node.childNodes.filter((child) => defaultTreeAdapter.isElementNode(child)) : []
