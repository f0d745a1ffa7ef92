import { readFile, realpath } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { glob } from 'tinyglobby'

/** A copy of the package. */
interface Copy {
  readonly folder: string
  readonly version: string
}

/**
 * What to say of a project that has several versions of the package: its pages and its worker may not understand each other.
 * Undefined: it has one at most, of the version that is running.
 *
 * @param folder the project's.
 */
export async function otherCopiesWarning(folder: string): Promise<string | undefined> {
  const files = await glob(['freshlayer/package.json', '{*,@*/*}/node_modules/freshlayer/package.json'], {
    cwd: join(folder, 'node_modules'),
    ignore: [],
  })
  const found = await Promise.all(files.map((file) => copyAt(join(folder, 'node_modules', dirname(file)))))
  const copies = found.filter((copy) => copy !== undefined)
  const own = await ownCopy()
  const others = copies.filter(({ version }) => version !== own?.version)
  if (own === undefined || others.length === 0) return undefined
  const all = others.map((copy) => `${copy.version} in ${relative(folder, copy.folder)}`).join(', ')
  return `freshlayer ${own.version} is running, and the app has ${all}: its pages and its worker may not understand each other. \`npm ls freshlayer\` says what brings each; have one version, and run the command by npx in the app's folder`
}

async function copyAt(folder: string): Promise<Copy | undefined> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    const isNamed = typeof manifest === 'object' && manifest !== null && 'name' in manifest && 'version' in manifest
    if (!isNamed || manifest.name !== 'freshlayer' || typeof manifest.version !== 'string') return undefined
    return { folder, version: manifest.version }
  } catch {
    return undefined
  }
}

/** The copy that is running: the nearest package.json above this module. */
async function ownCopy(): Promise<Copy | undefined> {
  let folder = dirname(await realpath(fileURLToPath(import.meta.url)))
  for (;;) {
    const copy = await copyAt(folder)
    if (copy !== undefined || dirname(folder) === folder) return copy
    folder = dirname(folder)
  }
}
