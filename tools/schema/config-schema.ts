import { readFileSync } from 'node:fs'
import { type Comment, parseSync, type TSInterfaceDeclaration, type TSPropertySignature, type TSType } from 'oxc-parser'
import { DURATION } from '../../config/language/duration.ts'
import { MEDIA_TYPE } from '../../config/language/media-type.ts'
import { MEMBER_PATH } from '../../config/language/member-path.ts'
import { FIELD_NAME, PLACE } from '../../config/language/option-kinds.ts'
import { PRESETS } from '../../config/language/presets.ts'
import { SIZE } from '../../config/language/size.ts'

/** A JSON Schema, as far as the rules need one. */
export interface Schema {
  readonly [keyword: string]: unknown
}

/** Types of other files: what the check takes for them. */
const NAMED: Readonly<Record<string, Schema>> = {
  Duration: { anyOf: [{ enum: [0, 'forever'] }, { type: 'string', pattern: DURATION.source }] },
  Size: { type: 'string', pattern: SIZE.source },
  Preset: { enum: Object.keys(PRESETS) },
}

/** A wait is at least 100 ms, and has an end. */
const WAIT: Schema = {
  not: {
    anyOf: [{ enum: [0, 'forever'] }, { type: 'string', pattern: '^0*(?:\\d{1,2}(?:\\.\\d+)?ms|0(?:\\.0\\d*)?s)$' }],
  },
}

/** An attempt takes from a second to four minutes. */
const ATTEMPT: Schema = {
  not: {
    anyOf: [
      { enum: [0, 'forever'] },
      { type: 'string', pattern: '^0*(?:\\d{1,3}(?:\\.\\d+)?ms|0(?:\\.\\d*)?s)$' },
      {
        type: 'string',
        pattern:
          '^0*(?:(?:24[1-9]|2[5-9]\\d|[3-9]\\d\\d|\\d{4,})(?:\\.\\d+)?s|(?:[5-9]|\\d{2,})(?:\\.\\d+)?m|[1-9]\\d*(?:\\.\\d+)?[hdw])$',
      },
    ],
  },
}

/** What the check asks of an option's value beside its type, as `interface.option`. */
const NARROWER: Readonly<Record<string, Schema>> = {
  'Config.version': { minLength: 1 },
  'Config.$schema': { minLength: 1 },
  'IdentifiedBy.by': { minItems: 1 },
  'RouteOptions.retry': { type: 'integer', minimum: 0, maximum: 5 },
  'RouteOptions.ignoreInDiff': { items: { type: 'string', pattern: MEMBER_PATH.source } },
  'RouteOptions.heuristic': { minimum: 0, maximum: 1 },
  // At least a second.
  'RouteOptions.poll': { not: { type: 'string', pattern: '^0*(?:\\d{1,3}(?:\\.\\d+)?ms|0\\.\\d+s)$' } },
  'RouteOptions.expects': { pattern: `^(?:${MEDIA_TYPE.source.slice(1, -1).replace('json', '[jJ][sS][oO][nN]')})$` },
  'Route.match': { minLength: 1, minItems: 1 },
  'Route.name': { minLength: 1 },
  'QueueOptions.entity': { pattern: '^[\\w.-]+$' },
  'QueueOptions.id': { pattern: '^:[a-zA-Z_]\\w*$' },
  'QueueOptions.idMember': { minLength: 1 },
  'QueueOptions.versionMember': { minLength: 1 },
  'QueueOptions.idempotent': { pattern: FIELD_NAME.source },
  'QueueOptions.witness': { pattern: PLACE.source },
  'IdempotencyOptions.field': { pattern: FIELD_NAME.source },
  'WitnessOptions.url': { pattern: PLACE.source },
  'WitnessOptions.compare': { items: { type: 'string', minLength: 1 } },
  'WitnessOptions.after': WAIT,
  'OutboxOptions.lanes': { type: 'integer', minimum: 1, maximum: 16 },
  'OutboxOptions.quick': { type: 'integer', minimum: 1, maximum: 10 },
  'OutboxOptions.firstWait': WAIT,
  'OutboxOptions.longestWait': WAIT,
  'OutboxOptions.attemptTimeout': ATTEMPT,
  'OutboxOptions.mostWrites': { type: 'integer', minimum: 1, maximum: 100_000 },
  'BatchOptions.url': { pattern: '^/(?!/)[^\\s*?#]*$' },
  'BatchOptions.entities': { additionalProperties: { type: 'string', pattern: '^[\\w.-]+$' } },
  'Write.match': { minLength: 1, minItems: 1 },
  'Write.name': { minLength: 1 },
}

/**
 * The JSON Schema of the rules, by which editors complete and check rules that are written as JSON: the types and the
 * docstrings of `config/language/options.ts`. It has no functions, because JSON has none. What depends on more than one
 * option is left to the check.
 *
 * @throws where that file has a type that this cannot put into a schema.
 */
export function configSchema(): Schema {
  const file = 'config/language/options.ts'
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
  const { program, comments } = parseSync(file, source)
  const reading = new Reading(source, comments)
  const definitions: Record<string, Schema> = {}
  for (const statement of program.body) {
    if (statement.type !== 'ExportNamedDeclaration') continue
    const { declaration } = statement
    if (declaration?.type === 'TSInterfaceDeclaration') {
      definitions[declaration.id.name] = reading.interfaceOf(declaration, statement.start, definitions)
    } else if (declaration?.type === 'TSTypeAliasDeclaration') {
      definitions[declaration.id.name] = {
        ...reading.schemaOf(declaration.typeAnnotation),
        ...reading.docsBefore(statement.start),
      }
    }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Rules of Freshlayer',
    $ref: '#/definitions/Config',
    definitions: { ...NAMED, ...withInherited(definitions) },
  }
}

class Reading {
  readonly #source: string
  readonly #comments: readonly Comment[]

  constructor(source: string, comments: readonly Comment[]) {
    this.#source = source
    this.#comments = comments
  }

  interfaceOf(
    { id, body, extends: bases }: TSInterfaceDeclaration,
    start: number,
    known: Readonly<Record<string, Schema>>,
  ): Schema {
    const properties: Record<string, unknown> = {}
    const required: string[] = []
    for (const member of body.body) {
      if (member.type !== 'TSPropertySignature') throw new Error(`${id.name} has a member that is no option`)
      const name = nameOf(member)
      const type = member.typeAnnotation?.typeAnnotation
      // A function alone has no place in JSON.
      if (type === undefined || type.type === 'TSFunctionType') continue
      const narrower = NARROWER[`${id.name}.${name}`]
      const schema = narrowed(this.schemaOf(type), narrower)
      properties[name] = { ...schema, ...this.docsBefore(member.start) }
      if (!member.optional) required.push(name)
    }
    const inherited = bases.map(({ expression }) => (expression.type === 'Identifier' ? expression.name : ''))
    const unknown = inherited.find((name) => known[name] === undefined)
    if (unknown !== undefined) throw new Error(`${id.name} extends ${unknown}, which is not above it`)
    return {
      type: 'object',
      ...this.docsBefore(start),
      properties,
      ...(required.length > 0 && { required }),
      additionalProperties: false,
      ...(inherited.length > 0 && { inherited }),
    }
  }

  schemaOf(type: TSType): Schema {
    const keyword = KEYWORDS[type.type]
    if (keyword !== undefined) return { type: keyword }
    if (type.type === 'TSParenthesizedType' || type.type === 'TSTypeOperator') return this.schemaOf(type.typeAnnotation)
    if (type.type === 'TSArrayType') return { type: 'array', items: this.schemaOf(type.elementType) }
    if (type.type === 'TSLiteralType' && type.literal.type === 'Literal') return { const: type.literal.value }
    if (type.type === 'TSUnionType')
      return unionOf(type.types.filter((each) => !isFunction(each)).map((each) => this.schemaOf(each)))
    if (type.type === 'TSTypeReference' && type.typeName.type === 'Identifier') {
      const { name } = type.typeName
      const [first, second] = type.typeArguments?.params ?? []
      if (name === 'Readonly' && first !== undefined) return this.schemaOf(first)
      if (name === 'Record' && second !== undefined)
        return { type: 'object', additionalProperties: this.schemaOf(second) }
      return { $ref: `#/definitions/${name}` }
    }
    throw new Error(`no schema is known for ${this.#source.slice(type.start, type.end)}`)
  }

  /** The docstring that ends right before a place. */
  docsBefore(start: number): { readonly description?: string; readonly examples?: readonly unknown[] } {
    const comment = this.#comments.findLast(({ end }) => end <= start)
    if (comment === undefined || this.#source.slice(comment.end, start).trim() !== '') return {}
    const lines = comment.value.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trim())
    const isExample = (line: string): boolean => line.startsWith('@example ')
    const description = lines
      .filter((line) => !isExample(line))
      .join(' ')
      .replace(/\{@link (?:\w+\.)*(\w+)\}/g, '`$1`')
      .replaceAll('*\\/', '*/')
      .trim()
    const examples = lines.filter(isExample).flatMap((line) => jsonOf(line.replace('@example ', '')))
    return { description, ...(examples.length > 0 && { examples }) }
  }
}

const KEYWORDS: Readonly<Partial<Record<TSType['type'], string>>> = {
  TSStringKeyword: 'string',
  TSNumberKeyword: 'number',
  TSBooleanKeyword: 'boolean',
}

/** One of these schemas. Its words are one list. */
function unionOf(members: readonly Schema[]): Schema {
  const words = members.flatMap((each) => ('const' in each ? [each['const']] : []))
  const others = members.filter((each) => !('const' in each))
  const all = words.length > 0 ? [...others, { enum: words }] : others
  const [only] = all
  return only !== undefined && all.length === 1 ? only : { anyOf: all }
}

const isFunction = (type: TSType): boolean =>
  type.type === 'TSFunctionType' || (type.type === 'TSParenthesizedType' && isFunction(type.typeAnnotation))

/** An example as a value; none where it has a function, or is no more than JSON in other quotes. */
function jsonOf(example: string): unknown[] {
  try {
    return [JSON.parse(example.replaceAll("'", '"').replace(/([{,]\s*)(\w+):/g, '$1"$2":'))]
  } catch {
    return []
  }
}

function nameOf({ key }: TSPropertySignature): string {
  if (key.type === 'Identifier') return key.name
  throw new Error('an option has a name that is no identifier')
}

/** Keywords apply to values of their own type alone, so each form of a union may have them all. */
const narrowed = (schema: Schema, narrower: Schema | undefined): Schema => ({ ...schema, ...narrower })

/** Interfaces with the options of those that they extend: a schema that forbids other names cannot be added to another. */
function withInherited(definitions: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, { inherited, ...schema }]) => {
      const bases = Array.isArray(inherited) ? inherited.map((base: string) => definitions[base]?.['properties']) : []
      return [
        name,
        { ...schema, ...('properties' in schema && { properties: Object.assign({}, schema['properties'], ...bases) }) },
      ]
    }),
  )
}
