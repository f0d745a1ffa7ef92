import { debianPackage, namedProgram, onPath, runs } from './programs.ts'

/**
 * A Redis server program: the one that `FRESHLAYER_REDIS` names, else one on the `PATH`; undefined where there is none.
 *
 * @throws when `FRESHLAYER_REDIS` names no program.
 */
export const findRedis = (): string | undefined =>
  namedProgram('FRESHLAYER_REDIS') ?? onPath(['redis-server', 'valkey-server'])

/** The same, installing the Debian package where there is none and that is allowed. */
export function requireRedis(): string {
  const found = findRedis()
  if (found !== undefined) return found
  console.log('No Redis found; trying the Debian package.')
  const installed = runs(debianPackage('redis-server')) ? findRedis() : undefined
  if (installed === undefined)
    throw new Error('No Redis could be installed: install one, and name its redis-server in FRESHLAYER_REDIS')
  return installed
}
