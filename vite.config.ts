import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { freshlayer } from './tools/vite.ts'

// The demo. The layer is one plugin here and one file, app/demo/layer.tsx, there.
export default defineConfig({
  root: 'app/demo',
  build: { outDir: '../../dist/demo', emptyOutDir: true },
  plugins: [react(), freshlayer({ config: '../../config/freshlayer.config.ts' })],
  server: { proxy: { '/api': 'http://localhost:4173' } },
})
