import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { freshlayer } from './tools/vite.ts'

// The demo. The layer is one plugin here and one file there, app/demo/layer.tsx; what is synced by hooks imports these.
export default defineConfig({
  root: 'app/demo',
  // The demo imports the package by its entries, as any app does. In a checkout they are the sources.
  resolve: {
    alias: [
      { find: /^freshlayer$/, replacement: fileURLToPath(new URL('app/tab/index.ts', import.meta.url)) },
      {
        find: /^freshlayer\/tanstack-query$/,
        replacement: fileURLToPath(new URL('app/tab/tanstack-query/index.ts', import.meta.url)),
      },
      {
        find: /^freshlayer\/react$/,
        replacement: fileURLToPath(new URL('app/tab/react/index.ts', import.meta.url)),
      },
    ],
  },
  build: { outDir: '../../dist/demo', emptyOutDir: true },
  plugins: [react(), freshlayer({ config: '../../config/freshlayer.config.ts' })],
  server: { proxy: { '/api': 'http://localhost:4173', '/events': 'http://localhost:4173' } },
})
