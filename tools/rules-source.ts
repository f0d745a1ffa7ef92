import type { Rules } from '../config/language/index.ts'

/**
 * The compiled rules as JavaScript. JSON would lose `Infinity` and expressions; functions cannot be written down at all,
 * so they are taken from the user's own module, under the name `config`.
 */
export function rulesSource(rules: Rules): string {
  const { identity, ...rest } = rules
  return `{ ...${source(rest)}, identity: ${identity === 'none' ? '"none"' : 'config.identity'} }`
}

function source(value: unknown): string {
  if (value instanceof RegExp) return String(value)
  if (Array.isArray(value)) return `[${value.map(source).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, entry]) => `${JSON.stringify(name)}:${source(entry)}`)
      .join(',')}}`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
