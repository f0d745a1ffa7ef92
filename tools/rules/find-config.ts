import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where a project's rules are looked for, from its root. */
const NAMES = ['ts', 'mts', 'js', 'mjs'].map((ending) => `freshlayer.config.${ending}`)
const PLACES = [...NAMES, ...NAMES.map((name) => `config/${name}`)]

/**
 * The rules file of a project, relative to its root.
 *
 * @throws when there is none at the usual places
 */
export function findConfig(root: string): string {
  const found = PLACES.find((place) => existsSync(join(root, place)))
  if (found === undefined)
    throw new Error(`there is no freshlayer.config.ts in ${root}: write one, or name the rules file`)
  return found
}
