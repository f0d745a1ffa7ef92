import { type Comment, parseSync } from 'oxc-parser'

/** A member of an interface that users write or call. */
interface Member {
  readonly name: string
  /** Its type as the source has it. */
  readonly type: string
  readonly isRequired: boolean
  /** The docstring, without examples. */
  readonly text: string
  readonly examples: readonly string[]
}

interface Subject {
  readonly name: string
  readonly text: string
  readonly members: readonly Member[]
}

/**
 * What the docstrings of a module say of each interface that it exports, as a page of the reference.
 *
 * @param title the page's heading.
 * @param lead what stands below it.
 * @throws where the source cannot be parsed, or a member of an interface has no docstring.
 */
export function referencePage(source: string, { title, lead }: { title: string; lead: string }): string {
  const parts = subjectsOf(source).map(({ name, text, members }) =>
    [`## ${name}`, text, ...members.map((member) => sectionOf(member))].join('\n\n'),
  )
  return `# ${title}\n\n${lead}\n\n${parts.join('\n\n')}\n`
}

/** The interfaces that a module exports, in its order. */
export function subjectsOf(source: string): Subject[] {
  const { program, comments, errors } = parseSync('module.ts', source)
  for (const { message } of errors) throw new Error(`the source cannot be parsed: ${message}`)
  const docs = comments.filter(({ type, value }) => type === 'Block' && value.startsWith('*'))
  return program.body.flatMap((statement) => {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined
    if (declared?.type !== 'TSInterfaceDeclaration') return []
    const members = declared.body.body.flatMap((member): Member[] => {
      if (member.type !== 'TSPropertySignature' && member.type !== 'TSMethodSignature') return []
      if (member.key.type !== 'Identifier') return []
      const { name } = member.key
      const { text, examples } = docstring(docBefore(docs, source, member.start))
      if (text === '') throw new Error(`${declared.id.name}.${name} has no docstring`)
      const type =
        member.type === 'TSMethodSignature'
          ? source.slice(member.key.end, member.end)
          : source.slice(member.typeAnnotation?.typeAnnotation.start, member.typeAnnotation?.typeAnnotation.end)
      return [{ name, type: oneLine(type), isRequired: !member.optional, text, examples }]
    })
    const { text } = docstring(docBefore(docs, source, statement.start))
    return [{ name: declared.id.name, text, members }]
  })
}

function docBefore(docs: readonly Comment[], source: string, start: number): string {
  const comment = docs.findLast(({ end }) => end <= start)
  return comment !== undefined && source.slice(comment.end, start).trim() === '' ? comment.value : ''
}

/** The text of a docstring, and its examples. Links name the member that they lead to. */
function docstring(comment: string): { readonly text: string; readonly examples: readonly string[] } {
  const lines = comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .replaceAll('*\\/', '*/')
    .replace(/\{@link (?:\w+\.)?(\w+)\}/g, '`$1`')
    .trim()
  const [text = '', ...tags] = lines.split(/^@/m)
  const examples = tags.flatMap((tag) => (tag.startsWith('example ') ? tag.slice('example '.length).trim() : []))
  return { text: text.trim(), examples }
}

function sectionOf({ name, type, isRequired, text, examples }: Member): string {
  const isMethod = type.startsWith('(') || type.startsWith('<')
  const shape = isMethod && isRequired ? `\`${name}${type}\`` : `\`${type}\`${isRequired ? ', required' : ''}`
  // What calls a method is a statement, and what sets an option is its value.
  const written = examples.map((example) => (isMethod ? example : `${name}: ${example}`)).join('\n')
  return [`### ${name}`, shape, escaped(text), ...(written === '' ? [] : [`\`\`\`ts\n${written}\n\`\`\``])].join('\n\n')
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').replace(/ ;$/, '').trim()

/** What a page's engine would take for an element, or for an expression in braces, is text. */
const escaped = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;')))
    .join('')
