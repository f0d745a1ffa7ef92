import { nearest } from './spelling.ts'

/** One thing that is wrong with a config, in words for the person who writes it. */
export interface Problem {
  /** Where: `routes[2].fresh`. */
  readonly path: string
  /** What stands there: `'5mins'`. */
  readonly given: string
  /** What may stand there. */
  readonly expected: string
  /** The right spelling that comes closest, where one does: `'5m'`. */
  readonly nearest?: string
}

/** What is wrong (the config is refused) and what is probably not meant (it is not). */
export interface Findings {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

/** Checks one value and adds what is wrong with it, at `path`, to `problems`. Never throws. */
export type Kind = (value: unknown, path: string, problems: Problem[]) => void

/** Whether this is an object whose fields can be read, not a list. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The problem with `value`; `near` is a text, without quotes. */
export const problem = (path: string, value: unknown, expected: string, near?: string): Problem => ({
  path,
  given: show(value),
  expected,
  ...(near !== undefined && { nearest: show(near) }),
})

/** The problem in one line: where, what is there, what is expected, and what was probably meant. */
export const formatProblem = ({ path, given, expected, nearest }: Problem): string =>
  `${path}: ${given} given, expected ${expected}${nearest === undefined ? '' : `. Did you mean ${nearest}?`}`

/** A value that passes `test`. `mend` gives what a text was probably meant to be. */
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

/** An object with these fields and no other. `required` says what must be there, and in which words it is asked for. */
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

/** A value as the person who wrote it knows it, without asking it anything that could throw. */
function show(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
