import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'
import { llmsText } from './llms.ts'

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
  { text: 'When a rule does nothing', link: '/guide/development' },
  { text: 'Rules from a recording', link: '/guide/suggest' },
  { text: 'First rules by init', link: '/guide/init' },
  { text: 'Checking rules and backends', link: '/guide/check' },
  { text: 'What backends send', link: '/guide/backends' },
  { text: 'Lists kept row by row', link: '/guide/collections' },
  { text: 'As an HTTP cache', link: '/guide/http' },
  { text: 'What real apps do', link: '/guide/real-apps' },
]
const app = [
  { text: 'React and SWR', link: '/guide/react' },
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

const description = 'A service worker under an existing single-page app: fast, consistent across tabs, usable offline.'

// oxlint-disable-next-line import/no-default-export -- VitePress takes the default export.
export default defineConfig({
  title: 'Freshlayer',
  description,
  srcExclude: ['decisions/**', 'discoveries/**'],
  outDir: '../dist/docs',
  cacheDir: '../.cache/docs',
  // Pages link to the repository's own files, too: the tests look whether those are there.
  ignoreDeadLinks: [/^\.\/\.\.\//, /decisions\//, /discoveries\//, /decisions$/, /discoveries$/],
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Start', link: '/guide/start' },
      { text: 'Options', link: '/reference/options' },
    ],
    sidebar,
  },
  buildEnd: ({ srcDir, outDir }) =>
    writeFileSync(join(outDir, 'llms.txt'), llmsText(srcDir, `# Freshlayer\n\n> ${description}`, sidebar)),
})
