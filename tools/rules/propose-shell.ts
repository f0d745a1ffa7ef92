import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { compileRules, type Config, formatProblem } from '../../config/language/index.ts'
import { APP_FILES, byDepth, filesOf } from '../files/app-files.ts'
import { expectFolder } from '../files/expect-folder.ts'

/**
 * What to say about the shell of an app: that the one of the rules is not among the files that are kept, or, where the
 * rules name none, which document could be it. Nothing when all is well, or nothing is known of the app's documents.
 *
 * @param folder the built app. Default: none, as for an app whose server renders its pages.
 * @param served `base`: the path at which the folder is served. `files`: those that are kept.
 * @throws when there is no such folder
 */
export async function proposeShell(
  config: Config,
  folder?: string,
  {
    base = '/',
    files: globs = APP_FILES,
  }: { readonly base?: string | undefined; readonly files?: readonly string[] | undefined } = {},
): Promise<string[]> {
  const { shell, navigation } = compileRules(config)
  const missed = navigation.pages === undefined ? 'pages of this app' : 'pages that were never loaded'
  if (folder === undefined) {
    if (shell !== undefined || navigation.pages === undefined) return []
    return [`${missed} are not available offline: name a document without data, for example shell: '/offline'`]
  }
  await expectFolder(folder, 'the folder of the built app with --files')
  const files = await filesOf(folder, globs)
  const documents = documentsAmong(files)
  if (shell !== undefined) {
    // The server makes a document whose name has no ending, and every document of an app that has none among its files.
    const isMade = documents.length === 0 || !/\.html?$/i.test(shell)
    const isKept = isMade || files.some((file) => asRequested(file, base) === asRequested(shell))
    return isKept
      ? []
      : [
          missing(
            shell,
            folder,
            documents.map((document) => asRequested(document, base)),
          ),
        ]
  }
  // A shell that is not among the files that are kept is fetched by the worker.
  const offered = documents.length > 0 ? documents : documentsAmong(await filesOf(folder, ['**/*.html']))
  if (offered.length === 0) return navigation.pages === undefined ? [] : proposeShell(config)
  const proposed = await bestOf(folder, offered)
  const example = proposed === undefined ? '' : `, for example shell: '${decodeURI(asRequested(proposed, base))}'`
  return [`${missed} are not available offline: name a document without data${example}`]
}

const documentsAmong = (files: readonly string[]): string[] =>
  files.filter((file) => file.endsWith('.html')).toSorted(byDepth)

/** The usual names of documents without data, the surest first. */
const USUAL = ['offline.html', 'app-shell.html', '200.html', 'index.html', 'fallback.html']

/**
 * An element that has a name and nothing in it: what a script fills. A comment ends at the first `-->` and nowhere else:
 * documents that are rendered beforehand have thousands, and the time must not grow faster than their number.
 */
export const EMPTY_MOUNT = /<(div|main|section)\b[^<>]*\sid=[^<>]*>(?:\s|<!--(?:(?!-->)[^])*-->)*<\/\1>/i

/** The document that most likely has no data: by its name, else because it waits for a script to fill it. */
async function bestOf(folder: string, documents: readonly string[]): Promise<string | undefined> {
  for (const name of USUAL) {
    const found = documents.find((document) => posix.basename(document) === name)
    if (found !== undefined) return found
  }
  for (const document of documents) {
    if (EMPTY_MOUNT.test(await readFile(join(folder, document), 'utf8'))) return document
  }
  return undefined
}

function missing(shell: string, folder: string, documents: readonly string[]): string {
  const shown = documents.slice(0, SHOWN).map((document) => `'${decodeURI(document)}'`)
  const others = documents.length > SHOWN ? ` and ${documents.length - SHOWN} more` : ''
  const expected = `a document of ${folder}, which has ${shown.join(', ')}${others}, unless the server makes it`
  return formatProblem({ path: 'shell', given: `'${shell}'`, expected })
}

/** An app that is rendered beforehand has a document for every page. */
const SHOWN = 10

/** The path as the browser asks for it. */
const asRequested = (path: string, base = '/'): string => new URL(path, new URL(base, 'http://app.invalid')).pathname
