import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The worker's script. */
export const WORKER = 'sw.js'

/** What each of our workers has in it: the names of what it keeps begin so. */
const OURS = 'freshlayer-'

/** Whether a script has the layer in it. */
export const holdsLayer = (script: string): boolean => script.includes(OURS)

/**
 * Keeps a worker that is not the layer's from being written over.
 *
 * @throws where the folder has a worker that is not the layer's
 */
export async function assertOurs(folder: string): Promise<void> {
  const script = await readFile(join(folder, WORKER), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return OURS
    throw error
  })
  if (holdsLayer(script)) return
  throw new Error(
    `${join(folder, WORKER)} is a worker of another kind: load the layer in it, as docs/guide/lifecycle.md says`,
  )
}
