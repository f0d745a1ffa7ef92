import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { llmsText } from './llms.ts'
import { writeReference } from './reference.ts'

const start = [
  { text: 'Try it on your app', link: '/guide/try' },
  { text: 'Quick start', link: '/guide/start' },
  { text: 'Each way in, measured', link: '/guide/ways-in' },
  { text: 'Without a build', link: '/guide/no-build' },
  { text: 'Beside vite-plugin-pwa', link: '/guide/vite-plugin-pwa' },
  { text: 'In a Workbox worker', link: '/guide/workbox' },
  { text: 'Why', link: '/guide/why' },
]
const guides = [
  { text: 'Users and safety', link: '/guide/safety' },
  { text: 'Pages, updates, removal', link: '/guide/lifecycle' },
  { text: 'Tuning', link: '/guide/tuning' },
  { text: 'Answers that hold the time', link: '/guide/comparing' },
  { text: 'Focus, reconnect, polls', link: '/guide/polling' },
  { text: 'When a rule does nothing', link: '/guide/development' },
  { text: 'Rules from a recording', link: '/guide/suggest' },
  { text: 'First rules by init', link: '/guide/init' },
  { text: 'Checking rules and backends', link: '/guide/check' },
  { text: 'What backends send', link: '/guide/backends' },
  { text: 'Dictionaries', link: '/guide/dictionaries' },
  { text: 'For the backend team', link: '/guide/backend' },
  { text: 'Writes: the backend', link: '/guide/server-writes' },
  { text: 'Lists kept row by row', link: '/guide/collections' },
  { text: 'Writes offline', link: '/guide/offline-writes' },
  { text: 'A local store of your own', link: '/guide/records' },
  { text: 'As an HTTP cache', link: '/guide/http' },
  { text: 'What real apps do', link: '/guide/real-apps' },
  { text: 'Push: what others change', link: '/guide/push' },
  { text: 'Push for very many tabs', link: '/guide/scale' },
]
const app = [
  { text: 'React and SWR', link: '/guide/react' },
  { text: 'React: data that is changed', link: '/guide/synced-data' },
  { text: 'TanStack Query', link: '/guide/tanstack-query' },
  { text: 'Vue, Svelte, plain scripts', link: '/guide/observe' },
  { text: 'Without a worker', link: '/guide/without-worker' },
]
const recipes = [
  { text: 'Recipes', link: '/guide/recipes' },
  { text: 'From ngsw-config.json', link: '/guide/from-ngsw' },
  { text: 'Rollout checklist', link: '/guide/rollout' },
  { text: 'Troubleshooting', link: '/guide/troubleshooting' },
]
const reference = [
  { text: 'Options of the rules', link: '/reference/options' },
  { text: 'The page’s side', link: '/reference/page' },
  { text: 'The shape of the house', link: '/design' },
]

const sidebar = [
  { text: 'Start', items: start },
  { text: 'Guides', items: guides },
  { text: 'In the app', items: app },
  { text: 'Recipes and moving here', items: recipes },
  { text: 'Reference', items: reference },
]

/** What a page links to that is a file of the repository, and no page of the site. */
const OF_REPOSITORY = /^(?:\.\.\/){2}|(?:^|\/)(?:decisions|discoveries)(?:\/|$)/

interface Token {
  readonly type: string
  readonly children?: Token[] | null
  readonly attrGet: (name: string) => string | null
}

/** Leaves the text of links that would lead nowhere on the site. */
function withoutRepositoryLinks({ tokens }: { readonly tokens: readonly Token[] }): void {
  for (const { children } of tokens) {
    if (!children) continue
    let isWithin = false
    const kept = children.filter((token) => {
      const { type } = token
      if (type === 'link_open') isWithin = OF_REPOSITORY.test(token.attrGet('href') ?? '')
      const isOf = isWithin && (type === 'link_open' || type === 'link_close')
      if (type === 'link_close') isWithin = false
      return !isOf
    })
    children.splice(0, children.length, ...kept)
  }
}

const description = 'A service worker under an existing single-page app: fast, consistent across tabs, usable offline.'

writeReference()

// oxlint-disable-next-line import/no-default-export -- VitePress takes the default export.
export default defineConfig({
  title: 'Freshlayer',
  description,
  // A drop on blue. Without an icon each page load ends in an error on the console.
  head: [
    [
      'link',
      {
        rel: 'icon',
        href: `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="4" fill="#3451b2"/><path d="M8 3c2 3 3 4 3 6a3 3 0 0 1-6 0c0-2 1-3 3-6" fill="#fff"/></svg>')}`,
      },
    ],
  ],
  srcExclude: ['decisions/**', 'discoveries/**'],
  outDir: '../dist/docs',
  cacheDir: '../.cache/docs',
  // Pages link to the repository's own files, too: the tests look whether those are there, and the site shows them as text.
  ignoreDeadLinks: [/^\.\/\.\.\//, /decisions\//, /discoveries\//, /decisions$/, /discoveries$/],
  markdown: { config: (markdown) => markdown.core.ruler.push('repository-links', withoutRepositoryLinks) },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/guide/start' },
      { text: 'Options', link: '/reference/options' },
      { text: 'Recipes', link: '/guide/recipes' },
      { text: 'Troubleshooting', link: '/guide/troubleshooting' },
    ],
    sidebar,
  },
  buildEnd: ({ srcDir, outDir }) =>
    writeFileSync(join(outDir, 'llms.txt'), llmsText(srcDir, `# Freshlayer\n\n> ${description}`, sidebar)),
})
