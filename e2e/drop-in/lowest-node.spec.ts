import { readFileSync } from 'node:fs'
import { RULES, expect, test } from './test.ts'

const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly engines: { readonly node: string }
}

/** The lowest version that the package says it runs on: `>=20.19` → `20.19.0`. */
const lowest = engines.node
  .replace(/^>=\s*/, '')
  .split('.')
  .concat('0', '0')
  .slice(0, 3)
  .join('.')

/** The package that has Node's binary for this machine, and runs no script when it is installed. */
const binary = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

const HAR = {
  log: {
    version: '1.2',
    creator: { name: 'WebInspector', version: '1' },
    entries: [
      {
        startedDateTime: '2026-11-30T10:00:00.000Z',
        _resourceType: 'fetch',
        request: { method: 'GET', url: 'https://shop.example/api/products', headers: [], cookies: [] },
        response: {
          status: 200,
          headers: [{ name: 'Content-Type', value: 'application/json' }],
          cookies: [],
          content: { size: 2, mimeType: 'application/json', text: '{}' },
        },
      },
    ],
  },
}

test(`each command, and the build of Vite, run on Node ${lowest}, the lowest that package.json names`, async ({
  project,
}) => {
  const page = '<!doctype html><html><head></head><body><script type="module" src="/main.js"></script></body></html>'
  const app = project({
    'index.html': page,
    'main.js': "import { connect } from 'freshlayer'\nconnect()",
    'freshlayer.config.ts': RULES,
    'vite.config.js': "import { freshlayer } from 'freshlayer/vite'\nexport default { plugins: [freshlayer()] }",
    'plain/index.html': page,
    'old/package.json': '{ "name": "old", "type": "module", "scripts": { "build": "webpack" } }',
    'tour.har': JSON.stringify(HAR),
  })
  await app.install('vite@8', `${binary}@${lowest}`)
  const node = app.path(`node_modules/${binary}/bin/node`)
  expect(await app.run(node, '--version')).toEqual({ output: `v${lowest}\n`, code: 0 })

  const cli = app.path('node_modules/freshlayer/lib/tools/cli.js')
  for (const [line, said] of [
    ['check', 'freshlayer.config.ts: fine'],
    ['suggest tour.har', "match: '/api/products'"],
    ['build plain', 'plain/sw.js'],
    ['undo plain', 'deleted'],
    ['worker --out sw.js --files plain', 'sw.js: '],
    ['kill --out kill.js', 'kill.js: '],
    ['copy plain', 'freshlayer.rules.js'],
    ['check --config plain/freshlayer.rules.js', 'fine'],
  ] as const) {
    const { output, code } = await app.run(node, cli, ...line.split(' '))
    expect(output, line).toContain(said)
    expect(code, `${line}: ${output}`).toBe(0)
  }
  // It looks at the folder that it stands in.
  const inOld = "process.chdir('old'); process.argv.push('init', '--yes'); await import(process.argv[1])"
  const init = await app.run(node, '--input-type=module', '--eval', inOld, cli)
  expect(init, init.output).toMatchObject({ code: 0 })
  expect(app.has('old/freshlayer.config.ts') || app.has('old/freshlayer.config.js'), init.output).toBe(true)

  const { output, code } = await app.run(node, 'node_modules/vite/bin/vite.js', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(code).toBe(0)
})
