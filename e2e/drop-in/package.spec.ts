import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from './test.ts'

test('the package is one that bundlers, Node and TypeScript understand', () => {
  // Each tool exits with an error where it finds one.
  execFileSync('npm', ['run', 'check:package'], { cwd: fileURLToPath(new URL('../../', import.meta.url)) })
})

test('an install runs no script and brings what the layer needs alone; each entry can be imported where it may be', async ({
  project,
}) => {
  const app = project({
    'import.mjs': `
import { connect } from 'freshlayer'
import { defineConfig } from 'freshlayer/config'
import { notModifiedFields } from 'freshlayer/server'
import { bindQueryClient } from 'freshlayer/tanstack-query'
import { freshlayer } from 'freshlayer/vite'
console.log([connect, defineConfig, notModifiedFields, bindQueryClient, freshlayer].map((each) => typeof each).join())
`,
  })
  await app.install()
  const installed = JSON.parse((await app.run('npm', 'ls', '--all', '--json')).output) as Tree
  const names = new Set<string>()
  collect(installed, names)
  // The demo, its database and the tests' tools are none of it; platforms have one binding of the bundler each.
  expect([...names].filter((name) => /^(react|hono|pg|vite|playwright|typescript|workbox-build)$/.test(name))).toEqual(
    [],
  )
  expect(names.size).toBeLessThan(40)
  expect(await app.run('npm', 'query', ':attr(scripts, [postinstall]), :attr(scripts, [install])')).toEqual({
    output: '[]\n',
    code: 0,
  })
  // Without Vite: its plugin asks it for types alone.
  expect(await app.run('node', 'import.mjs')).toEqual({
    output: 'function,function,function,function,function\n',
    code: 0,
  })
})

interface Tree {
  /** Absent: a peer that is not installed. */
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, Tree>>
}

function collect({ dependencies = {} }: Tree, names: Set<string>): void {
  for (const [name, tree] of Object.entries(dependencies)) {
    if (tree.version !== undefined) names.add(name)
    collect(tree, names)
  }
}
