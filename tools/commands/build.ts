import type { CAC } from 'cac'
import pc from 'picocolors'
import { apply, type Change } from '../build/apply.ts'
import { changesOf, report, servedAt, undoingOf } from '../build/build-folder.ts'
import { tellOfKept } from '../build/kept-size.ts'
import { tellOfOthers } from '../build/own-worker.ts'
import { expectFolder } from '../files/expect-folder.ts'
import { isAccepted } from './check.ts'
import { BASE, CONFIG, configOf, DRY_RUN, type GivenGlobs, globsOf, pathOf, type RulesFlags } from './flags.ts'

const DOCUMENT = [
  '--document <glob>',
  'Which files are documents, such as the template index.ejs of a server; may be repeated. Default: **/*.html',
] as const

interface FolderFlags extends RulesFlags {
  readonly keep?: GivenGlobs
  readonly document?: GivenGlobs
  readonly dryRun?: boolean
}

export function buildCommand(cli: CAC): void {
  cli
    .command(
      'build <folder>',
      'Put the layer into a folder of built files: worker, page script, and its tag in the documents',
    )
    .option(...CONFIG)
    .option(...BASE)
    .option(...DOCUMENT)
    .option('--keep <glob>', 'Which files are kept for offline use; may be repeated. Default: all of the app')
    .option(...DRY_RUN)
    .action(async (folder: string, { dryRun, keep, document, ...flags }: FolderFlags) => {
      await expectFolder(folder, 'the folder that your build writes')
      const [documents, globs] = [globsOf(document), globsOf(keep)]
      const config = configOf(flags)
      const base = pathOf(flags.base) ?? (await servedAt(folder, documents))
      if (!(await isAccepted({ config, files: folder, base }, globs))) {
        process.exitCode = 1
        return
      }
      for (const said of [...(await tellOfOthers(folder)), ...(await tellOfKept(folder, globs))])
        console.log(`${pc.yellow('warning')} ${said}`)
      await carryOut(folder, await changesOf(folder, { config, base, documents, keep: globs }), dryRun)
    })
}

export function undoCommand(cli: CAC): void {
  cli
    .command('undo <folder>', 'Take out of a folder what `build` has put into it')
    .option('--document <glob>', 'Which files are documents; may be repeated. Default: all that have the tag')
    .option(...DRY_RUN)
    .action(async (folder: string, { dryRun, document }: FolderFlags) => {
      await carryOut(folder, await undoingOf(folder, globsOf(document)), dryRun)
      console.log(
        'browsers that have the worker keep it: serve the script of `freshlayer kill` as sw.js to remove it there',
      )
    })
}

/** Says what changes, and changes it unless that is not wanted. */
async function carryOut(folder: string, changes: readonly Change[], dryRun = false): Promise<void> {
  if (!dryRun) await apply(folder, changes)
  console.log(dryRun ? 'would write:' : 'written:')
  for (const line of report(folder, changes)) console.log(line)
}
