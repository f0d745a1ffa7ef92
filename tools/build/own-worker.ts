import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { reasonOf } from './apply.ts'

/** The worker's script. */
export const WORKER = 'sw.js'

/** What each of our workers has in it: the names of what it keeps begin so. */
const OURS = 'freshlayer-'

/** Whether a script has the layer in it, bundled or by an import. */
export const holdsLayer = (script: string): boolean => script.includes(OURS) || /["']freshlayer\/sw["']/.test(script)

/**
 * Keeps a worker that is not the layer's from being written over.
 *
 * @throws where the folder has a worker that is not the layer's, or one that cannot be read.
 */
export async function assertOurs(folder: string): Promise<void> {
  const path = join(folder, WORKER)
  const script = await readFile(path, 'utf8').catch((error: unknown) => {
    const reason = reasonOf(error)
    if (reason === 'ENOENT') return OURS
    throw new Error(`${path} cannot be read (${reason}): the layer's worker would be written there`, { cause: error })
  })
  if (holdsLayer(script)) return
  throw new Error(`${path} is a worker of another kind: load the layer in it, as docs/guide/lifecycle.md says`)
}

/** What `copy` calls the worker. */
const PREBUILT_WORKER = 'freshlayer-sw.js'

/** What other tools call the worker that they write for the whole app. */
const OTHERS = ['ngsw-worker.js', 'service-worker.js', 'serviceWorker.js', 'serviceworker.js']

/**
 * What to say of workers of another kind in a built folder: a scope has one, and browsers keep the one that they have for as
 * long as nothing else is served in its place.
 */
export async function tellOfOthers(folder: string): Promise<string[]> {
  const said: string[] = []
  if (existsSync(join(folder, PREBUILT_WORKER)))
    said.push(
      `${join(folder, PREBUILT_WORKER)} is the worker of an app without a build, and a scope has one: take its tag out of the ` +
        `documents, and delete what \`freshlayer copy\` has written`,
    )
  for (const name of OTHERS) {
    const path = join(folder, name)
    const script = await readFile(path, 'utf8').catch(() => undefined)
    if (script === undefined || holdsLayer(script)) continue
    said.push(
      `${path} is another worker, and a scope has one: let the app no longer register it, and for browsers that have it ` +
        `write \`npx freshlayer kill --out ${path}\` after each build`,
    )
  }
  return said
}
