import type { Plugin } from 'rolldown'
import { bundleWithParts } from '../files/bundle.ts'
import { libraryScript } from './build-worker.ts'
import { sourcePath } from '../files/source-path.ts'

/**
 * The names of an app without a build: its worker, the part of a worker of its own, and the parts of either for collections and
 * for queued writes.
 */
const [WORKER, PART] = ['freshlayer-sw.js', 'freshlayer-attach.js']
const [COLLECTIONS, OUTBOX] = ['freshlayer-collections.js', 'freshlayer-outbox.js']

/** What a worker's scripts must have one of: a part takes it from the script that loads it. */
const SHARED: Plugin = {
  name: 'freshlayer:shared',
  load: {
    filter: { id: /[\\/]sw[\\/]worker[\\/]store[\\/]database\.[jt]s$/ },
    handler: () => `export const { promisifyRequest, onClose, isStalled } = globalThis.freshlayerParts`,
  },
}

/** What the names of its page's scripts begin with. */
const PAGE = 'freshlayer-page'

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
    { file: COLLECTIONS, text: await libraryScript('prebuilt-collections', [SHARED]) },
    { file: OUTBOX, text: await libraryScript('prebuilt-outbox', [SHARED]) },
    ...scripts.map(({ fileName, code }) => ({ file: fileName, text: code })),
  ]
}
