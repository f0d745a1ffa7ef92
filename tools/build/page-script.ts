import { bundleWithParts } from '../files/bundle.ts'
import { sourcePath } from '../files/source-path.ts'

/** The script of a page without a build: it connects the page, by the worker beside it that is called `sw.js`. */
export const PAGE_SCRIPT = 'freshlayer.js'

/** That script, and after it what a page in development loads. */
export async function pageScripts(): Promise<{ readonly file: string; readonly text: string }[]> {
  const scripts = await bundleWithParts(sourcePath('app/tab/auto'), 'freshlayer')
  return scripts.map(({ fileName, code }) => ({ file: fileName, text: code }))
}
