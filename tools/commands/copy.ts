import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CAC } from 'cac'
import { apply } from '../build/apply.ts'
import { type PrebuiltFile, prebuiltFiles } from '../build/prebuilt.ts'
import { expectFolder } from '../files/expect-folder.ts'
import { DRY_RUN } from './flags.ts'

/** The rules of an app without a build. They are the user's: what is there is never written over. */
const RULES_FILE = 'freshlayer.rules.js'

export function copyCommand(cli: CAC): void {
  cli
    .command(
      'copy <folder>',
      'For an app without a build: copy worker and page script beside its document, and rules to begin with',
    )
    .option(...DRY_RUN)
    .action(async (folder: string, { dryRun = false }: { dryRun?: boolean }) => {
      await expectFolder(folder, 'the folder that your server serves')
      const hasRules = existsSync(join(folder, RULES_FILE))
      const files = [...(await packaged()), ...(hasRules ? [] : [{ file: RULES_FILE, text: firstRules(folder) }])]
      if (!dryRun) await apply(folder, files)
      console.log(dryRun ? 'would write:' : 'written:')
      for (const { file } of files) console.log(`  ${join(folder, file)}`)
      if (hasRules) console.log(`  ${join(folder, RULES_FILE)} is yours, and stays as it is`)
      const path = relative(process.cwd(), join(folder, RULES_FILE))
      console.log(
        [
          'next:',
          `  1. put <script type="module" src="/freshlayer-page.js"></script> first in the <head> of each document; an app under a path has that path in it`,
          `  2. say in ${path} how fresh each path must be`,
          `  3. npx freshlayer check --config ${path}`,
        ].join('\n'),
      )
    })
}

/** As the package has them; in a checkout, where nothing is built yet, as they would be. */
async function packaged(): Promise<PrebuiltFile[]> {
  const folder = fileURLToPath(new URL('../../prebuilt/', import.meta.url))
  if (!existsSync(folder)) return prebuiltFiles()
  const files = (await readdir(folder)).toSorted()
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(join(folder, file), 'utf8') })))
}

/** Where npm puts the schema of the rules, from the project's root. */
const SCHEMA = 'node_modules/freshlayer/lib/schema.json'

/** Rules that are right for any API of the own origin: the network answers, and what was read is there without it. */
const firstRules = (folder: string): string => `/** @type {import('freshlayer/config').Config} */
self.freshlayerRules = {
  "$schema": "${relative(folder, SCHEMA).replaceAll(sep, '/')}",
  "version": "1",
  "identity": "none",
  "shell": "/index.html",
  "defaults": { "expects": "json", "timeout": "3s" },
  "routes": [{ "match": "/api/**", "preset": "network-first" }]
}
`
