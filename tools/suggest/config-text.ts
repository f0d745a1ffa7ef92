import { type Draft, type Reasoned } from './proposal.ts'

/** The longest line. */
const WIDTH = 120

/** The text of a rules file: the draft's values as source, and its reasons as comments. */
export function configText({ head, identity, shell, navigation, defaults, routes, writes, without }: Draft): string {
  const lines = [
    "import { defineConfig } from 'freshlayer/config'",
    '',
    '/**',
    ...head.flatMap((text) => wrapped(text, ' * ')),
    ' */',
    'export default defineConfig({',
    ...commented(['A new value drops everything that is stored.'], '  '),
    "  version: '1',",
    '',
    ...option('identity', identity),
    ...(shell === undefined ? [] : option('shell', shell)),
    ...(navigation === undefined ? [] : option('navigation', navigation)),
    ...option('defaults', defaults),
    '  routes: [',
    ...routes.flatMap(entry),
    '  ],',
  ]
  if (writes.length > 0) lines.push('', '  writes: [', ...writes.flatMap(entry), '  ],')
  if (without.length > 0) {
    lines.push(
      '',
      ...commented(['No rule, on purpose:'], '  '),
      ...without.flatMap((text) => wrapped(`- ${text}`, '  // ', '  //   ')),
    )
  }
  return `${[...lines, '})'].join('\n')}\n`
}

const option = (name: string, { value, why }: Reasoned<unknown>): string[] => [
  ...commented(why, '  '),
  ...assigned(`  ${name}: `, value, '  '),
  '',
]

const entry = ({ value, why }: Reasoned<object>): string[] => [
  ...commented(why, '    '),
  ...assigned('    ', value, '    '),
]

/** A value on one line if it fits, else an option per line. */
function assigned(before: string, value: unknown, indent: string): string[] {
  const line = `${before}${source(value)},`
  if (line.length <= WIDTH || typeof value !== 'object' || value === null) return [line]
  const inner = Object.entries(value).flatMap(([name, each]) => {
    const text = `${indent}  ${key(name)}: ${source(each)},`
    if (text.length <= WIDTH || !Array.isArray(each)) return [text]
    return [`${indent}  ${key(name)}: [`, ...each.map((item) => `${indent}    ${source(item)},`), `${indent}  ],`]
  })
  return [`${before}{`, ...inner, `${indent}},`]
}

function source(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (Array.isArray(value)) return `[${value.map(source).join(', ')}]`
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([name, each]) => `${key(name)}: ${source(each)}`)
      .join(', ')} }`
  return String(value)
}

const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

const key = (name: string): string => (/^[a-z_$][\w$]*$/i.test(name) ? name : quoted(name))

const commented = (why: readonly string[], indent: string): string[] => wrapped(why.join(' '), `${indent}// `)

/** Text in lines of at most `WIDTH`, each with a beginning. A word never ends the comment that it stands in. */
function wrapped(text: string, first: string, next = first): string[] {
  const lines: string[] = []
  let line = first
  for (const word of printable(text).split(' ')) {
    const begins = line === first || line === next
    if (!begins && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = next + word
    } else line += begins ? word : ` ${word}`
  }
  return [...lines, line]
}

/** What a server has sent (a media type, a field) may hold anything. */
const printable = (text: string): string =>
  text
    .replaceAll('*/', '*\u2215')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
