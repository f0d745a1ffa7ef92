import { parseAst } from 'rolldown/parseAst'

/** A node of a parsed script, as far as it is looked at here. */
export interface Node {
  readonly type: string
  /** In UTF-16 code units, as JavaScript counts. */
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** The nodes of a field that is a list, or one. */
export const nodesIn = (value: unknown): Node[] => [value].flat().filter(isNode)

/** The statements of a module; undefined: it cannot be parsed. */
export function statementsOf(text: string): Node[] | undefined {
  try {
    return nodesIn(parseAst(text, { lang: 'ts', sourceType: 'module' }).body)
  } catch {
    return undefined
  }
}

/** The value of a property by its plain name; undefined: the object has none. */
export function propertyOf(object: Node, name: string): Node | undefined {
  const found = nodesIn(object['properties']).find(({ key }) => isNode(key) && nameOf(key) === name)
  return isNode(found?.['value']) ? found['value'] : undefined
}

/** The name of an identifier, or the text of a literal. */
export function nameOf(node: Node): string | undefined {
  const value = node.type === 'Identifier' ? node['name'] : node.type === 'Literal' ? node['value'] : undefined
  return typeof value === 'string' ? value : undefined
}

/** What is below `as`, `satisfies` and brackets. */
export function bare(node: Node): Node {
  const isWrapped = /^(TSAsExpression|TSSatisfiesExpression|ParenthesizedExpression)$/.test(node.type)
  return isWrapped && isNode(node['expression']) ? bare(node['expression']) : node
}
