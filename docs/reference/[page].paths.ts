import { readFileSync } from 'node:fs'
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
    source: 'app/tab/connect.ts',
    title: 'The page’s side',
    lead: 'What `connect()` takes, and what it gives. This page is made of the docstrings in the types.',
  },
]

/** The pages of the reference, made of the sources when the site is built. */
// oxlint-disable-next-line import/no-default-export -- VitePress takes the default export.
export default {
  paths: () =>
    PAGES.map(({ page, source, ...heading }) => ({
      params: { page },
      content: referencePage(readFileSync(fileURLToPath(new URL(`../../${source}`, import.meta.url)), 'utf8'), heading),
    })),
}
