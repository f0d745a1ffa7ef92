import { describe, expect, it } from 'vitest'
import { readViteConfig, withPlugin } from './vite-config.ts'

const REACT = "import react from '@vitejs/plugin-react'\nimport { defineConfig } from 'vite'\n"
const ADDED = "import { freshlayer } from 'freshlayer/vite'\n"

describe('a Vite config gets the plugin', () => {
  it.each<[what: string, before: string, after: string]>([
    [
      'after others',
      `${REACT}\nexport default defineConfig({ plugins: [react()] })\n`,
      `${REACT}${ADDED}\nexport default defineConfig({ plugins: [react(), freshlayer()] })\n`,
    ],
    [
      'on a line of its own',
      `${REACT}\nexport default defineConfig({\n  plugins: [\n    react(),\n    vue({ a: 1 }),\n  ],\n})\n`,
      `${REACT}${ADDED}\nexport default defineConfig({\n  plugins: [\n    react(),\n    vue({ a: 1 }),\n    freshlayer(),\n  ],\n})\n`,
    ],
    [
      'where there is none',
      `import { defineConfig } from "vite";\n\nexport default defineConfig({\n  // é is one letter, 🙂 are two\n  base: '/x/',\n});\n`,
      `import { defineConfig } from "vite";\nimport { freshlayer } from "freshlayer/vite";\n\nexport default defineConfig({\n  plugins: [freshlayer()],\n  // é is one letter, 🙂 are two\n  base: '/x/',\n});\n`,
    ],
    ['in an empty list', 'export default { plugins: [] }\n', `${ADDED}\nexport default { plugins: [freshlayer()] }\n`],
    ['in an empty config', 'export default {}', `${ADDED}\nexport default { plugins: [freshlayer()] }`],
    [
      'in what a function gives',
      `${REACT}export default defineConfig(({ mode }) => {\n  const env = loadEnv(mode)\n  return { plugins: [react()], define: { env } }\n})\n`,
      `${REACT}${ADDED}export default defineConfig(({ mode }) => {\n  const env = loadEnv(mode)\n  return { plugins: [react(), freshlayer()], define: { env } }\n})\n`,
    ],
    [
      'in a constant that is exported',
      'const config: UserConfig = { plugins: [react()] }\nexport default config satisfies UserConfig\n',
      `${ADDED}\nconst config: UserConfig = { plugins: [react(), freshlayer()] }\nexport default config satisfies UserConfig\n`,
    ],
  ])('%s', (_, before, after) => expect(withPlugin(before)).toBe(after))

  it('once', () => {
    const once = withPlugin(`${REACT}export default defineConfig({ plugins: [react()] })`)
    expect(withPlugin(once ?? '')).toBe(once)
  })

  it.each([
    ['module.exports = { plugins: [] }'],
    ['export default mergeConfig(base, { plugins: [] })'],
    ['export default defineConfig({ plugins: pluginsOf(env) })'],
    ['export default defineConfig({ ...shared })'],
    ['export default defineConfig(({ mode }) => { if (mode) return { plugins: [] }\n return { plugins: [] } })'],
    ["const { freshlayer } = require('x')\nexport default { plugins: [] }"],
    ['export default {'],
  ])('only where it is sure: %s', (text) => expect(withPlugin(text)).toBeUndefined())
})

describe('a Vite config says', () => {
  it('its base, its folder and what it sends on', () => {
    const text =
      "export default defineConfig({ base: '/shop/', build: { outDir: 'build' }, server: { proxy: { '/rest': 'http://a', '^/x.*': {}, '/api': { target } } } })"
    expect(readViteConfig(text)).toEqual({ base: '/shop/', outDir: 'build', proxied: ['/rest', '/api'] })
    expect(readViteConfig('not a config {')).toEqual({ base: '/', outDir: 'dist', proxied: [] })
  })
})
