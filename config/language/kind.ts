import { nearest } from './spelling.ts'

/** One problem of a config, worded for its author. */
export interface Problem {
  /** The path of the option: `routes[2].fresh`. */
  readonly path: string
  /** The given value: `'5mins'`. */
  readonly given: string
  /** The values that are allowed. */
  readonly expected: string
  /** The closest valid spelling, if any: `'5m'`. */
  readonly nearest?: string
}

/** Problems refuse the config. Warnings name what the author probably did not mean. */
export interface Findings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Checks one value and adds its problems, at `path`, to `problems`. Never throws. */
export type Kind = (value: unknown, path: string, problems: Problem[]) => void

/** Whether the value is an object with readable fields, not a list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The problem with `value`; `near` is a text, without quotes. */
export const problem = (path: string, value: unknown, expected: string, near?: string): Problem => ({
  path,
  given: show(value),
  expected,
  ...(near !== undefined && { nearest: show(near) }),
})

/** The problem in one line: the path, the given value, the expected value and the closest valid spelling. */
export const formatProblem = ({ path, given, expected, nearest }: Problem): string =>
  `${path}: ${given} given, expected ${expected}${nearest === undefined ? '' : `. Did you mean ${nearest}?`}`

/** A value that passes `test`. `mend` returns the spelling that a text probably meant. */
export const kind =
  (expected: string, test: (value: unknown) => boolean, mend?: (text: string) => string | undefined): Kind =>
  (value, path, problems) => {
    if (!test(value))
      problems.push(problem(path, value, expected, typeof value === 'string' ? mend?.(value) : undefined))
  }

/** A text of this form. */
export const text = (expected: string, form: RegExp, mend?: (text: string) => string | undefined): Kind =>
  kind(expected, (value) => typeof value === 'string' && form.test(value), mend)

/** One of these words. */
export const word = (...words: readonly string[]): Kind =>
  kind(
    words.map(show).join(' or '),
    (value) => typeof value === 'string' && words.includes(value),
    (given) => nearest(given, words),
  )

/** A list of such values. */
export const list =
  (item: Kind): Kind =>
  (value, path, problems) => {
    if (!Array.isArray(value)) return void problems.push(problem(path, value, 'a list'))
    value.forEach((each: unknown, at) => item(each, `${path}[${at}]`, problems))
  }

/** An object with only these fields. `required` names the mandatory fields and describes them for the message. */
export const record =
  (fields: Readonly<Record<string, Kind>>, required: Readonly<Record<string, string>> = {}): Kind =>
  (value, path, problems) => {
    if (!isRecord(value)) return void problems.push(problem(path, value, 'an object'))
    const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
    for (const [name, expected] of Object.entries(required)) {
      if (value[name] === undefined) problems.push(problem(at(name), undefined, expected))
    }
    for (const [name, given] of Object.entries(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field === undefined) {
        const names = Object.keys(fields)
        problems.push(problem(at(name), name, `one of the options ${names.join(', ')}`, nearest(name, names)))
      } else if (given !== undefined || !Object.hasOwn(required, name)) {
        field(given, at(name), problems)
      }
    }
  }

/** A value as its author wrote it. Calls nothing on the value that could throw. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'function') return 'a function'
  if (value instanceof RegExp) return 'a RegExp'
  if (value instanceof Promise) return 'a promise'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
