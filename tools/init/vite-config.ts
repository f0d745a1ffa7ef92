import { bare, isNode, nameOf, type Node, nodesIn, propertyOf, statementsOf } from './source-tree.ts'

const MODULE = 'freshlayer/vite'

/** What a Vite config says of an app; of one that cannot be read with certainty nothing. */
export interface ViteConfig {
  /** Default: '/'. */
  readonly base: string
  /** The folder that is built. Default: 'dist'. */
  readonly outDir: string
  /** Paths that the server of development sends on to a backend: `/api`. */
  readonly proxied: readonly string[]
}

export function readViteConfig(text: string): ViteConfig {
  const config = configOf(statementsOf(text) ?? [])
  const at = (...names: readonly string[]): Node | undefined => {
    let node = config
    for (const name of names) node = node && propertyOf(bare(node), name)
    return node && bare(node)
  }
  const textAt = (...names: readonly string[]): string | undefined => {
    const node = at(...names)
    return node && nameOf(node)
  }
  const proxy = at('server', 'proxy')
  const keys =
    proxy === undefined ? [] : nodesIn(proxy['properties']).flatMap(({ key }) => (isNode(key) ? nameOf(key) : []))
  return {
    base: textAt('base') ?? '/',
    outDir: textAt('build', 'outDir') ?? 'dist',
    proxied: keys.filter((key): key is string => key !== undefined && /^\/[\w/-]+$/.test(key)),
  }
}

/**
 * A Vite config with the layer's plugin as the last one: the rest stays as it is, letter by letter. The same text: it
 * has the plugin already. Undefined: where it belongs is not sure.
 */
export function withPlugin(text: string): string | undefined {
  const statements = statementsOf(text)
  if (statements === undefined) return undefined
  const imports = statements.filter(({ type }) => type === 'ImportDeclaration')
  if (imports.some(({ source }) => isNode(source) && nameOf(source) === MODULE)) return text
  // Some other use of the name, or of `require`.
  if (/\bfreshlayer\b/.test(text)) return undefined
  const config = configOf(statements)
  if (config === undefined) return undefined
  const inserted = pluginAt(text, config)
  if (inserted === undefined) return undefined
  const last = imports.at(-1)
  const from = last && isNode(last['source']) ? last['source'] : undefined
  const quote = from && text[from.start] === '"' ? '"' : "'"
  const isEnded = last === undefined ? false : text[last.end - 1] === ';'
  const line = `import { freshlayer } from ${quote}${MODULE}${quote}${isEnded ? ';' : ''}`
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const top = last === undefined ? `${line}${newline}${newline}` : `${newline}${line}`
  return splice(inserted, last?.end ?? 0, top)
}

const splice = (text: string, at: number, added: string): string => text.slice(0, at) + added + text.slice(at)

/** The text with `freshlayer()` among the plugins of this object. */
function pluginAt(text: string, config: Node): string | undefined {
  const plugins = propertyOf(config, 'plugins')
  if (plugins === undefined) {
    if (nodesIn(config['properties']).some(({ type, shorthand }) => type === 'SpreadElement' || shorthand === true))
      return undefined
    const [first] = nodesIn(config['properties'])
    // Without a comment that stands before the first property.
    const gap = first === undefined ? ' ' : (/^\s*/.exec(text.slice(config.start + 1, first.start))?.[0] ?? '')
    return splice(text, config.start + 1, `${gap}plugins: [freshlayer()]${first === undefined ? ' ' : ','}`)
  }
  const list = bare(plugins)
  if (list.type !== 'ArrayExpression') return undefined
  const elements = nodesIn(list['elements'])
  const last = elements.at(-1)
  if (last === undefined) return splice(text, list.start + 1, 'freshlayer()')
  const before = text.slice(elements.at(-2)?.end ?? list.start + 1, last.start)
  const gap = /\n[ \t]*$/.exec(before)?.[0] ?? ' '
  return splice(text, last.end, `,${gap}freshlayer()`)
}

/** The object that the default export is, or gives. */
function configOf(statements: readonly Node[]): Node | undefined {
  const exported = statements.find(({ type }) => type === 'ExportDefaultDeclaration')?.['declaration']
  return isNode(exported) ? objectOf(bare(exported), statements) : undefined
}

function objectOf(node: Node, statements: readonly Node[]): Node | undefined {
  switch (node.type) {
    case 'ObjectExpression':
      return node
    case 'CallExpression': {
      const [given, ...more] = nodesIn(node['arguments'])
      const isDefining = isNode(node['callee']) && nameOf(node['callee']) === 'defineConfig'
      return isDefining && given !== undefined && more.length === 0 ? objectOf(bare(given), statements) : undefined
    }
    case 'ArrowFunctionExpression': {
      const body = node['body']
      if (!isNode(body)) return undefined
      if (body.type !== 'BlockStatement') return objectOf(bare(body), statements)
      // Several would be several configs.
      const [returned, ...more] = nodesIn(body['body']).filter(({ type }) =>
        /^(Return|If|Switch|Try)Statement$/.test(type),
      )
      const value = returned?.['argument']
      return more.length === 0 && isNode(value) ? objectOf(bare(value), statements) : undefined
    }
    case 'Identifier': {
      const declared = statements
        .filter(({ type }) => type === 'VariableDeclaration')
        .flatMap(({ declarations }) => nodesIn(declarations))
        .find(({ id }) => isNode(id) && nameOf(id) === nameOf(node))
      const value = declared?.['init']
      return isNode(value) && bare(value).type !== 'Identifier' ? objectOf(bare(value), statements) : undefined
    }
    default:
      return undefined
  }
}
