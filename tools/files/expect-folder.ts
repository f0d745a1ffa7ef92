import { stat } from 'node:fs/promises'

/**
 * Keeps a command from working on what is no folder.
 *
 * @param instead what to name, as the end of the sentence.
 * @throws in one line, where nothing of this name is there, or a file is.
 */
export async function expectFolder(folder: string, instead: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found?.isDirectory() === true) return
  throw new Error(`${folder} is ${found === undefined ? 'not there' : 'a file'}: name ${instead}`)
}
