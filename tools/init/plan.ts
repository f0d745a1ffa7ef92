import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Change } from '../build/apply.ts'
import { withCommandAfterBuild } from './manifest-scripts.ts'
import type { Project, Users } from './project.ts'
import { withPlugin } from './vite-config.ts'

/** A change, and what it is for. */
export interface Step extends Change {
  readonly what: string
}

/** What init does, and what is left to the developer. */
export interface InitPlan {
  readonly steps: readonly Step[]
  /** What is there already. */
  readonly there: readonly string[]
  /** Lines to follow, in their order. */
  readonly next: readonly string[]
}

/** The rules file that init writes. */
export interface NewRules {
  readonly text: string
  /** How the rules tell users apart. */
  readonly users: Users
  /** What they were made of, for the developer. */
  readonly by: string
}

/** @param rules the rules file. Looked at only where there is none. */
export async function planOf(project: Project, rules: NewRules): Promise<InitPlan> {
  const { rules: present, newRules, isInstalled } = project
  const wiring = await wiringOf(project)
  return {
    steps: [
      ...(present === undefined ? [{ file: newRules, text: rules.text, what: 'the rules' }] : []),
      ...wiring.steps,
    ],
    there: [...(present === undefined ? [] : [`${present} is left as it is`]), ...wiring.there],
    next: [
      ...(isInstalled ? [] : ['npm install --save-dev freshlayer']),
      ...wiring.next,
      ...(rules.users === 'session' && present === undefined
        ? [
            "say who is signed in, early in the page: import { connect } from 'freshlayer'; connect({ identify: () => userId })",
          ]
        : []),
      SEE,
      'npx freshlayer check --probe http://localhost:3000 asks your backend what the rules want to know of it',
    ],
  }
}

const SEE =
  'see that it works: open the built app on localhost twice; the console says `[freshlayer] on, 1 rule`. Stop the backend and reload: what you have seen is there'

const LINE = "import { freshlayer } from 'freshlayer/vite', and freshlayer() as the last of its plugins"

async function wiringOf(project: Project): Promise<InitPlan> {
  const { build, folder, viteConfig, built, manifest, isNpm, shell, newRules } = project
  const command = `freshlayer build ${built}`
  const left = (...next: readonly string[]): InitPlan => ({ steps: [], there: [], next })
  switch (build) {
    // The layer goes into the worker that this plugin builds.
    case 'vite-plugin-pwa':
    case 'vite': {
      if (shell === undefined) return left(`add to the Vite config: ${LINE}`)
      if (viteConfig === undefined) {
        const file = `vite.config.${newRules.split('.').at(-1)}`
        const text = `import { freshlayer } from 'freshlayer/vite'\nimport { defineConfig } from 'vite'\n\nexport default defineConfig({ plugins: [freshlayer()] })\n`
        return { steps: [{ file, text, what: 'the plugin' }], there: [], next: [] }
      }
      const before = await readFile(join(folder, viteConfig), 'utf8')
      const text = withPlugin(before)
      if (text === before) return { steps: [], there: [`${viteConfig} has the plugin`], next: [] }
      if (text === undefined) return left(`add to ${viteConfig}: ${LINE}`)
      return { steps: [{ file: viteConfig, text, what: 'freshlayer() as the last plugin' }], there: [], next: [] }
    }
    case 'workbox':
      return left(
        'this app has a worker of its own, and a page has one: load the layer in it, as docs/guide/lifecycle.md says, by `npx freshlayer worker --attach --out <public folder>/freshlayer-attach.js`',
      )
    case 'server':
      return left(
        'pages are made by a server: after each build `npx freshlayer worker --out <public folder>/sw.js`, and in the page connect() of freshlayer. Pages offline: docs/guide/lifecycle.md',
      )
    case 'files':
      return left(
        `npx freshlayer build ${built} puts the layer into these files, and npx freshlayer undo ${built} takes it out`,
      )
    case 'angular':
    case 'vue-cli':
    case 'webpack':
    case 'other': {
      const text = withCommandAfterBuild(manifest, command, isNpm)
      if (text === manifest) return { steps: [], there: ['package.json runs it after the build'], next: [] }
      if (text === undefined) return left(`after each build: npx ${command}`)
      return { steps: [{ file: 'package.json', text, what: `\`${command}\` after the build` }], there: [], next: [] }
    }
  }
}
