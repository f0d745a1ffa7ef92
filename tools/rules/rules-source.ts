import type { Config, Rules } from '../../config/language/index.ts'

/**
 * The compiled rules as a module that exports them as `rules`. JSON would lose `Infinity` and expressions. A function
 * cannot be written down: its text would lose what it uses of its own module. So each function is taken from the config
 * that is imported from `path`, wherever in the config it stands. Without functions the config is not imported.
 *
 * @param config what `rules` were compiled from.
 * @throws Error when a function of the rules is none of the config's own.
 */
export function rulesModule(rules: Rules, config: Config, path: string): string {
  const places = new Map<unknown, string>()
  locate(config, 'config', places)
  const text = `export const rules = ${source(rules, places)}`
  return places.size === 0 ? text : `import config from ${JSON.stringify(path)}\n${text}`
}

/** Finds the functions in a value, and how each is reached from it. */
function locate(value: unknown, place: string, places: Map<unknown, string>): void {
  if (typeof value === 'function') places.set(value, place)
  if (typeof value !== 'object' || value === null) return
  for (const [name, entry] of Object.entries(value)) locate(entry, `${place}[${JSON.stringify(name)}]`, places)
}

function source(value: unknown, places: ReadonlyMap<unknown, string>): string {
  if (typeof value === 'function') {
    const place = places.get(value)
    if (place === undefined) throw new Error(`The compiled rules have a function that is not in the config: ${value}`)
    return place
  }
  if (value instanceof RegExp) return String(value)
  if (Array.isArray(value)) return `[${value.map((entry) => source(entry, places)).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([name, entry]) => `${JSON.stringify(name)}:${source(entry, places)}`)
      .join(',')}}`
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
