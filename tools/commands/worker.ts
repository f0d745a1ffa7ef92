import { relative } from 'node:path'
import type { CAC } from 'cac'
import { buildKillWorker, buildWorker } from '../build/build-worker.ts'
import { isAccepted } from './check.ts'
import { BASE, CONFIG, configOf, pathOf, type RulesFlags, tellOfIdleBase } from './flags.ts'

interface WorkerFlags extends RulesFlags {
  readonly out?: string
  readonly attach?: boolean
}

export function workerCommand(cli: CAC): void {
  cli
    .command('worker', 'Bundle one self-contained worker script from a rules file')
    .option(...CONFIG)
    .option('--out <file>', 'Where the script goes, for example dist/sw.js')
    .option('--files <folder>', 'A built app whose files are kept for offline use')
    .option(...BASE)
    .option('--attach', 'A part for a worker of your own, which loads it first by importScripts')
    .action(async ({ out, attach = false, ...flags }: WorkerFlags) => {
      if (out === undefined) throw new Error('worker needs --out FILE: where the script goes')
      const { files, base } = flags
      tellOfIdleBase(flags)
      const config = configOf(flags)
      if (!(await isAccepted({ config, files, base }))) {
        process.exitCode = 1
        return
      }
      say(out, await buildWorker({ config, out, attach, files, base: pathOf(base) }))
    })
}

export function killCommand(cli: CAC): void {
  cli
    .command('kill', 'Write a worker script that removes the layer: serve it in place of the worker')
    .option('--out <file>', 'Where the script goes, for example dist/sw.js')
    .action(async ({ out }: { out?: string }) => {
      if (out === undefined) throw new Error('kill needs --out FILE: where the script goes')
      say(out, await buildKillWorker(out))
    })
}

const say = (out: string, size: number): void =>
  console.log(`${relative(process.cwd(), out)}: ${(size / 1000).toFixed(1)} kB`)
