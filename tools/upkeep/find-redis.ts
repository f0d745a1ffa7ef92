import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['redis-server', 'valkey-server']

/**
 * A Redis server program: the one that `FRESHLAYER_REDIS` names, else one on the `PATH`; undefined where there is none.
 *
 * @throws when `FRESHLAYER_REDIS` names no program.
 */
export function findRedis(): string | undefined {
  const named = process.env['FRESHLAYER_REDIS']
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`FRESHLAYER_REDIS names ${named}, which is not a program`)
    return named
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isProgram)
}

/** The same, installing the Debian package where there is none and that is allowed. */
export function requireRedis(): string {
  const found = findRedis()
  if (found !== undefined) return found
  console.log('No Redis found; trying the Debian package.')
  try {
    for (const line of ['test "$(id -u)" = 0 && command -v apt-get', INSTALL])
      execFileSync('sh', ['-c', line], { stdio: 'inherit' })
  } catch {
    throw new Error('No Redis could be installed: install one, and name its redis-server in FRESHLAYER_REDIS')
  }
  const installed = findRedis()
  if (installed === undefined) throw new Error('Redis was installed, but redis-server is not on the PATH')
  return installed
}

const INSTALL = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server'

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
