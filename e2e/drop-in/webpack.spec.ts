import { BODY, expect, HEARING, journey, PLAIN, RULES, Shop, test } from './test.ts'

const APP = {
  'src/index.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shop</title></head><body>${BODY}</body></html>`,
  'src/index.js': PLAIN + HEARING,
  'webpack.config.js': `import HtmlPlugin from 'html-webpack-plugin'

export default {
  mode: 'production',
  entry: './src/index.js',
  output: { filename: '[name].[contenthash].js', publicPath: '/', clean: true },
  plugins: [new HtmlPlugin({ template: 'src/index.html' })],
}
`,
  'freshlayer.config.mjs': RULES,
}

test('a webpack app gets there by one command after its build', async ({ project, browserContext }) => {
  const app = project(APP)
  await app.install('webpack@5', 'webpack-cli@6', 'html-webpack-plugin@5')
  expect((await app.run('npx', 'webpack')).code).toBe(0)
  const { output, code } = await app.run('npx', 'freshlayer', 'build', 'dist')
  expect(output).toMatch(/dist\/sw\.js {2}\d+\.\d kB brotli/)
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: true })
  await shop.stop()
})

test('an app with a call of its own is connected by that one alone', async ({ project, browserContext }) => {
  const own = `import { connect } from 'freshlayer'
const layer = connect({ mayUpdate: () => false })
const show = ({ controlled }) => (document.documentElement.dataset.connected = String(controlled))
layer.on('change', () => void read())
layer.on('state', show)
show(layer.state)
`
  const app = project({ ...APP, 'src/index.js': PLAIN + own })
  await app.install('webpack@5', 'webpack-cli@6', 'html-webpack-plugin@5')
  expect((await app.run('npx', 'webpack')).code).toBe(0)
  expect((await app.run('npx', 'freshlayer', 'build', 'dist')).code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  const said: string[] = []
  browserContext.on('console', (message) => said.push(message.text()))
  await journey(browserContext, shop, { hears: true })
  expect(said.filter((line) => line.includes('two copies'))).toEqual([])
  await shop.stop()
})
