import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { referencePage } from '../../tools/upkeep/reference.ts'

const PAGES = [
  {
    page: 'options',
    source: 'config/language/options.ts',
    title: 'Options of the rules',
    lead: 'What `freshlayer.config.ts` may say. This page is made of the docstrings in the types.',
  },
  {
    page: 'page',
    source: 'app/tab/freshlayer.ts',
    title: 'The page’s side',
    lead: 'What `connect()` takes, and what it gives. This page is made of the docstrings in the types.',
  },
]

/**
 * Writes the pages of the reference, which are made of the sources. They have to be files: the site's search reads no page
 * that VitePress makes of a path with a parameter.
 */
export function writeReference(): void {
  const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
  for (const { page, source, ...heading } of PAGES)
    writeFileSync(at(`docs/reference/${page}.md`), `${referencePage(readFileSync(at(source), 'utf8'), heading)}\n`)
}
