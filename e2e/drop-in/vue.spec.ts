import { BODY, expect, journey, PLAIN, RULES, Shop, test } from './test.ts'

const html = (script: string, body: string): string => `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Shop</title></head>
  <body>${body}<script type="module" src="${script}"></script></body>
</html>
`

const VUE = {
  'index.html': html('/src/main.js', '<div id="app"></div>'),
  'src/main.js': `import { createApp } from 'vue'\nimport App from './App.vue'\ncreateApp(App).mount('#app')\n`,
  'src/App.vue': `<script setup>
import { connect } from 'freshlayer'
import { onMounted, onUnmounted, ref } from 'vue'

const layer = connect()
const price = ref()
const read = async () => {
  price.value = (await (await fetch('/api/products/1')).json()).price
}
const sell = () => fetch('/api/sales', { method: 'POST' })
const show = ({ controlled }) => (document.documentElement.dataset.connected = String(controlled))
layer.on('state', show)
show(layer.state)
onMounted(read)
onUnmounted(layer.on('change', read))
</script>

<template>
  <p id="price">{{ price }}</p>
  <button id="sell" @click="sell">Sell</button>
</template>
`,
  'vite.config.js': `import vue from '@vitejs/plugin-vue'
import { freshlayer } from 'freshlayer/vite'

export default { base: '/app/', plugins: [vue(), freshlayer()] }
`,
  'freshlayer.config.js': RULES.replace("'/index.html'", "'/app/index.html'"),
}

test('a Vite and Vue app under /app/ gets there by the plugin and one line, which names no path', async ({
  project,
  browserContext,
}) => {
  const app = project(VUE)
  await app.install('vite@8', 'vue@3', '@vitejs/plugin-vue@6')
  const { output, code } = await app.run('npx', 'vite', 'build')
  expect(output).toContain('freshlayer: dist/sw.js')
  expect(output).not.toContain('warning')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'), '/app/')
  await shop.start()
  await journey(browserContext, shop, { hears: true })
  await shop.stop()
})

test('an app with a router of its own behind a hash gets there without a line of its own', async ({
  project,
  browserContext,
}) => {
  const app = project({
    'index.html': html('/src/main.js', `<h1></h1>${BODY}`),
    'src/main.js': `${PLAIN}
const route = () => (document.querySelector('h1').textContent = location.hash.slice(1))
addEventListener('hashchange', route)
route()
`,
    'vite.config.js': `import { freshlayer } from 'freshlayer/vite'\nexport default { base: './', plugins: [freshlayer()] }\n`,
    'freshlayer.config.js': RULES,
  })
  await app.install('vite@8')
  const { code } = await app.run('npx', 'vite', 'build')
  expect(code).toBe(0)
  const shop = new Shop(app.path('dist'))
  await shop.start()
  await journey(browserContext, shop, { hears: false, hash: true })
  await shop.stop()
})
