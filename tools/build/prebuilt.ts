import { bundleWithParts } from '../files/bundle.ts'
import { libraryScript } from './build-worker.ts'
import { sourcePath } from '../files/source-path.ts'

/** The names of an app without a build: its worker, and the part of a worker of its own. */
const [WORKER, PART] = ['freshlayer-sw.js', 'freshlayer-attach.js']

/** What the names of its page's scripts begin with. */
export const PAGE = 'freshlayer-page'

/** A file that an app puts beside its document. */
export interface PrebuiltFile {
  readonly file: string
  readonly text: string
}

/** The scripts of an app without a build. They have no rules in them: the worker loads those from a file beside it. */
export async function prebuiltFiles(): Promise<PrebuiltFile[]> {
  const scripts = await bundleWithParts(sourcePath('app/tab/prebuilt'), PAGE)
  return [
    { file: WORKER, text: await libraryScript('prebuilt') },
    { file: PART, text: await libraryScript('prebuilt-attached') },
    ...scripts.map(({ fileName, code }) => ({ file: fileName, text: code })),
  ]
}
