import { assertConfig, compileRules, type Config } from '../../config/language/index.ts'
import { everyone } from './everyone.ts'
import { identified } from './identity.ts'
import { startKillable } from './kill.ts'
import { precache } from './precache.ts'
import { structured } from './structured.ts'

/**
 * The layer in a worker of your own making: call it once, at the top of the worker's script. A worker that
 * `freshlayer worker` or the Vite plugin builds has its rules checked and compiled by the build instead.
 *
 * @param manifest the app's files to keep for offline use, as `workbox-build` lists them. Default: none.
 * @throws CacheError 'config-refused', which keeps the worker from being installed.
 */
export function freshlayer(config: Config, manifest?: Parameters<typeof precache>[0]): void {
  assertConfig(config, 'The config')
  const rules = compileRules(config)
  startKillable(rules, {
    identity: rules.identity === 'none' ? everyone : identified,
    files: manifest && precache(manifest),
    structured,
  })
}
