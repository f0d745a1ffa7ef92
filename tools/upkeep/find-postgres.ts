import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { debianPackage, runs } from './programs.ts'

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
  const installed = runs(debianPackage('postgresql')) ? findPostgres() : undefined
  if (installed === undefined)
    throw new Error('No PostgreSQL could be installed: install one, and name its bin folder in FRESHLAYER_POSTGRES')
  return installed
}
