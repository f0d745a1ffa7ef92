import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: 'app/demo',
  build: { outDir: '../../dist/demo', emptyOutDir: true },
  plugins: [react()],
})
