/** The document of an app that Vite builds. */
export const INDEX_HTML = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title></head>
  <body><div id="root"></div><script type="module" src="/src/main.tsx"></script></body>
</html>
`

/** Vite's configuration of an app with React: the layer is one plugin more. */
export const REACT_AND_LAYER = `import react from '@vitejs/plugin-react'
import { freshlayer } from 'freshlayer/vite'
import { defineConfig } from 'vite'

export default defineConfig({ plugins: [react(), freshlayer()] })
`

/**
 * A configuration of TypeScript that is as strict as any app's, and reads the package's own types as well.
 *
 * @param of which files it is.
 */
export const strictTypeScript = (of: { readonly include: string[] } | { readonly files: string[] }): string =>
  JSON.stringify({
    compilerOptions: {
      target: 'ES2022',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      module: 'ESNext',
      moduleResolution: 'bundler',
      jsx: 'react-jsx',
      strict: true,
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
      types: [],
    },
    ...of,
  })
