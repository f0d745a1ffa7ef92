import { BODY, expect, HEARING, journey, PLAIN, RULES, Shop, test } from './test.ts'

/** What `ng build` writes: a base, and files in one folder whose names have a hash in capitals. */
const distOf = (base: string): Readonly<Record<string, string>> => ({
  'dist/shop/browser/index.html': `<!doctype html>
<html lang="en" data-beasties-container>
<head>
  <meta charset="utf-8">
  <title>Shop</title>
  <base href="${base}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="icon" type="image/x-icon" href="favicon.ico">
<style>p{margin:0}</style><link rel="stylesheet" href="styles-5INURTSO.css" media="print" onload="this.media='all'"><noscript><link rel="stylesheet" href="styles-5INURTSO.css"></noscript></head>
<body>
  <app-root>${BODY}</app-root>
<link rel="modulepreload" href="chunk-QGRPFMWS.js"><script src="polyfills-B6TNHZQ6.js" type="module"></script><script src="main-XKDH4OTZ.js" type="module"></script></body>
</html>
`,
  'dist/shop/browser/polyfills-B6TNHZQ6.js': 'globalThis.Zone = undefined\n',
  'dist/shop/browser/chunk-QGRPFMWS.js': 'export const name = "shop"\n',
  'dist/shop/browser/main-XKDH4OTZ.js': `import './chunk-QGRPFMWS.js'\n${PLAIN}${HEARING}`,
  'dist/shop/browser/styles-5INURTSO.css': 'p { color: black }\n',
  'dist/shop/browser/favicon.ico': 'icon',
  'freshlayer.config.mjs': RULES.replace('/index.html', `${base}index.html`),
})

for (const base of ['/', '/app/']) {
  test(`an Angular build whose base is ${base} gets there by one command`, async ({ project, browserContext }) => {
    const app = project(distOf(base))
    await app.install()
    const { output, code } = await app.run('npx', 'freshlayer', 'build', 'dist/shop/browser')
    expect(output).not.toContain('warning')
    expect(code).toBe(0)
    const shop = new Shop(app.path('dist/shop/browser'), base)
    await shop.start()
    await journey(browserContext, shop, { hears: true })
    await shop.stop()
  })
}

test('a plain page with a script beside it, whose pages are behind a hash, gets there by one command', async ({
  project,
  browserContext,
}) => {
  const app = project({
    'site/index.html': `<title>Shop</title>${BODY}<script src="app.js"></script>`,
    'site/app.js': PLAIN,
    'freshlayer.config.mjs': RULES,
  })
  await app.install()
  expect((await app.run('npx', 'freshlayer', 'build', 'site')).code).toBe(0)
  const shop = new Shop(app.path('site'))
  await shop.start()
  await journey(browserContext, shop, { hears: false, hash: true })
  await shop.stop()
})
