import { isNode, nameOf, nodesIn, propertyOf, statementsOf } from './source-tree.ts'

/**
 * A package.json whose build is followed by a command: the rest stays as it is, letter by letter. The same text: some
 * script names the command already. Undefined: it has no script `build`.
 *
 * @param isNpm npm runs `postbuild` by itself, and other package managers may not.
 */
export function withCommandAfterBuild(text: string, command: string, isNpm: boolean): string | undefined {
  const [statement] = statementsOf(`(${text.replace(/^\uFEFF/, ' ')})`) ?? []
  let tree = statement?.['expression']
  if (isNode(tree) && tree.type === 'ParenthesizedExpression') tree = tree['expression']
  const scripts = isNode(tree) ? propertyOf(tree, 'scripts') : undefined
  if (scripts === undefined) return undefined
  const texts = nodesIn(scripts['properties']).map(({ value }) => (isNode(value) ? (nameOf(value) ?? '') : ''))
  if (texts.some((script) => script.includes('freshlayer build'))) return text
  const build = propertyOf(scripts, 'build')
  if (build === undefined) return undefined
  // One bracket was put before the text.
  const [from, to] = [build.start - 1, build.end - 1]
  if (!isNpm || propertyOf(scripts, 'postbuild') !== undefined) {
    const script = JSON.stringify(`${nameOf(build) ?? ''} && ${command}`)
    return text.slice(0, from) + script + text.slice(to)
  }
  const property = nodesIn(scripts['properties']).find(({ value }) => value === build)
  const before = text.slice(0, (property?.start ?? 1) - 1)
  const gap = /\r?\n[ \t]*$/.exec(before)?.[0] ?? ' '
  return `${text.slice(0, to)},${gap}"postbuild": ${JSON.stringify(command)}${text.slice(to)}`
}
