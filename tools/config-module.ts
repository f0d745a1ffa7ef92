import { resolve } from 'node:path'
import type { Plugin } from 'vite'

const ID = 'virtual:freshlayer/config'
const RESOLVED = `\0${ID}`

/** Gives the worker's entry the app's rules, as the user's own file: functions in it stay functions. */
export function configModule(file: string): Plugin {
  let path = file
  return {
    name: 'freshlayer:config',
    enforce: 'pre',
    configResolved(config) {
      path = resolve(config.root, file)
    },
    resolveId: (id) => (id === ID ? RESOLVED : undefined),
    load: (id) =>
      id === RESOLVED
        ? `export { default } from ${JSON.stringify(path)}\nexport const file = ${JSON.stringify(file)}\n`
        : undefined,
  }
}
