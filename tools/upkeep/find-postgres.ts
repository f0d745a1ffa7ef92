import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Where Debian has the programs of PostgreSQL's versions. */
const DEBIAN = '/usr/lib/postgresql'

/**
 * The folder with the programs of a PostgreSQL server (`initdb`, `postgres`): the one that `FRESHLAYER_POSTGRES` names, else the
 * newest of the system; undefined where there is none.
 *
 * @throws when `FRESHLAYER_POSTGRES` names a folder without them.
 */
export function findPostgres(): string | undefined {
  const named = process.env['FRESHLAYER_POSTGRES']
  if (named !== undefined && named !== '') {
    if (!existsSync(join(named, 'initdb'))) throw new Error(`FRESHLAYER_POSTGRES names ${named}, which has no initdb`)
    return named
  }
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : []
  return versions
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

/** The same, installing the Debian package where there is none and that is allowed. */
export function requirePostgres(): string {
  const found = findPostgres()
  if (found !== undefined) return found
  console.log('No PostgreSQL found; trying the Debian package.')
  try {
    for (const line of ['test "$(id -u)" = 0 && command -v apt-get', INSTALL])
      execFileSync('sh', ['-c', line], { stdio: 'inherit' })
  } catch {
    throw new Error('No PostgreSQL could be installed: install one, and name its bin folder in FRESHLAYER_POSTGRES')
  }
  return requirePostgresOnce()
}

const INSTALL = 'apt-get update -qq && apt-get install -y -qq --no-install-recommends postgresql'

function requirePostgresOnce(): string {
  const found = findPostgres()
  if (found === undefined) throw new Error('PostgreSQL was installed, but its initdb is not in /usr/lib/postgresql')
  return found
}
