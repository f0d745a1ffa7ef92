/** Elements of a document that name a file of the app. */
const ELEMENT = /<(?:script|link)\b[^>]*?\s(?:src|href)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi
const BASE = /<base\b[^>]*?\shref\s*=\s*["']?([^"'\s>]+)/i
/** A static import or export of a module by a relative name, or by a path. */
const IMPORT = /(?:^|[;}>])\s*(?:import|export)\b[^"'();]*(?:"(\.{0,2}\/[^"]*)"|'(\.{0,2}\/[^']*)')/gm
/** A style that a style imports, or a font. */
const STYLE = /(?:@import\s+(?:url\()?|url\()\s*["']?([^"')\s]+(?:\.css|\.woff2?|\.ttf|\.otf)\b[^"')\s]*)/gi

/**
 * The files that a document, a script or a style names in its text: absolute URLs without fragment. It is a look at the
 * text and no parser, so a name may be missed, and one in a comment is found.
 */
export function referencesOf(text: string, { url, headers }: Pick<Response, 'url' | 'headers'>): string[] {
  const type = headers.get('content-type') ?? ''
  const isDocument = type.startsWith('text/html')
  const [, href = ''] = isDocument ? (BASE.exec(text) ?? []) : []
  const base = URL.canParse(href, url) ? new URL(href, url).href : url
  const forms = isDocument ? [ELEMENT, IMPORT] : type.startsWith('text/css') ? [STYLE] : [IMPORT]
  const found = forms.flatMap((form) => [...text.matchAll(form)].map(([, ...names]) => names.find(Boolean) ?? ''))
  return found
    .map((name) => name.replaceAll('&amp;', '&').replace(/#.*/, ''))
    .flatMap((name) => (name !== '' && URL.canParse(name, base) ? [new URL(name, base).href] : []))
}
