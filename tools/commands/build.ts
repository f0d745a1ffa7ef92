import type { CAC } from 'cac'
import { apply, type Change } from '../build/apply.ts'
import { changesOf, report, undoingOf } from '../build/build-folder.ts'
import { isAccepted } from './check.ts'
import { BASE, CONFIG, configOf, DRY_RUN, pathOf, type RulesFlags } from './flags.ts'

interface FolderFlags extends RulesFlags {
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
    .option(...DRY_RUN)
    .action(async (folder: string, { dryRun, ...flags }: FolderFlags) => {
      const config = configOf(flags)
      const { base } = flags
      if (!(await isAccepted({ config, files: folder, base }))) {
        process.exitCode = 1
        return
      }
      await carryOut(folder, await changesOf(folder, { config, base: pathOf(base) }), dryRun)
    })
}

export function undoCommand(cli: CAC): void {
  cli
    .command('undo <folder>', 'Take out of a folder what `build` has put into it')
    .option(...DRY_RUN)
    .action(async (folder: string, { dryRun }: FolderFlags) => {
      await carryOut(folder, await undoingOf(folder), dryRun)
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
