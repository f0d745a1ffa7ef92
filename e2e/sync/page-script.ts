import { tmpdir } from 'node:os'
import { build } from 'vite'

/** A page's script for production, in one piece, made from the sources as they are. */
export async function pageScript(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      outDir: tmpdir(),
      lib: { entry, formats: ['es'], fileName: () => 'page.js' },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const [result] = [built].flat()
  if (result === undefined || !('output' in result)) throw new Error('the page was not built')
  return result.output[0].code
}
