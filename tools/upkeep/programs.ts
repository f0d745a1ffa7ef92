import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a path is a program that this process may run. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first program on the `PATH` that has one of these names; undefined where there is none. */
export function onPath(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isProgram)
}

/** The program that an environment variable names; undefined where it names none. @throws when what it names is no program. */
export function namedProgram(variable: string): string | undefined {
  const named = process.env[variable]
  if (named === undefined || named === '') return undefined
  if (!isProgram(named)) throw new Error(`${variable} names ${named}, which is not a program`)
  return named
}

/** Shell lines that install a Debian package where that is allowed, and fail elsewhere. */
export const debianPackage = (name: string): readonly string[] => [
  'test "$(id -u)" = 0 && command -v apt-get',
  `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${name}`,
]

/** Whether all shell lines succeed. The ones after the first that fails are not run. */
export function runs(lines: readonly string[]): boolean {
  try {
    for (const line of lines) execFileSync('sh', ['-c', line], { stdio: 'inherit' })
    return true
  } catch {
    return false
  }
}
