import { spawn } from 'node:child_process'

/** One program per place the code runs: what a place does not have does not compile there. */
const PROJECTS = [
  'sw/core',
  'config',
  'sw',
  'app/tab',
  'app/page',
  'app/strip',
  'app/demo',
  'tsconfig.node.json',
  'tsconfig.tests.json',
]

const check = (project: string): Promise<boolean> =>
  new Promise((resolve) => {
    spawn('npx', ['--no-install', 'tsc', '-p', project], { stdio: 'inherit' }).on('exit', (code) => resolve(code === 0))
  })

let failed = 0
for (const project of PROJECTS) {
  if (await check(project)) continue
  failed++
  console.error(`types: ${project} does not compile`)
}
process.exitCode = failed === 0 ? 0 : 1
