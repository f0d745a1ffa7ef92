import { isPlural, parameterName, segmentKind, type SegmentKind, singular } from './segments.ts'

/** A node of the tree of paths. Its children are literal segments, or stand for all that vary. */
interface Node {
  readonly literals: Map<string, Node>
  /** By the ending behind the part that varies: `''`, `.json`. */
  readonly parameters: Map<string, { readonly kinds: Set<SegmentKind | 'slug'>; readonly node: Node }>
  /** How many paths end here. */
  ends: number
}

const newNode = (): Node => ({ literals: new Map(), parameters: new Map(), ends: 0 })

/** The pattern of each path of one origin: `/api/products/7` → `/api/products/:id`. */
export function patternsOf(paths: Iterable<string>): (path: string) => string {
  const root = newNode()
  for (const path of new Set(paths)) add(root, path.split('/').slice(1))
  gatherSlugs(root, [])
  const known = new Map<string, string>()
  return (path) => {
    const pattern = known.get(path) ?? patternOf(root, path)
    known.set(path, pattern)
    return pattern
  }
}

function add(root: Node, segments: readonly string[]): void {
  let node = root
  segments.forEach((segment, at) => {
    const { kind, ending } = kindAt(segments, at)
    node = kind === 'literal' ? at1(node.literals, segment) : parameterOf(node, ending, kind)
  })
  node.ends++
}

function at1(map: Map<string, Node>, key: string): Node {
  const node = map.get(key) ?? newNode()
  map.set(key, node)
  return node
}

function parameterOf(node: Node, ending: string, kind: SegmentKind | 'slug'): Node {
  const found = node.parameters.get(ending) ?? { kinds: new Set(), node: newNode() }
  found.kinds.add(kind)
  node.parameters.set(ending, found)
  return found.node
}

/** What a segment is at its place. The ending of a file's name is no part of what varies. */
function kindAt(segments: readonly string[], at: number): { readonly kind: SegmentKind; readonly ending: string } {
  const segment = segments[at] ?? ''
  const parent = segments[at - 1]
  // `/3/movie/550`, `/api/2/items`: a version. What a root has is no list of entries.
  const isHigh = at === 0 || (parent !== undefined && /^(?:api|rest)$/i.test(parent))
  const kind = segmentKind(segment, parent)
  if (kind !== 'literal') return { kind: isHigh && /^\d{1,2}$/.test(segment) ? 'literal' : kind, ending: '' }
  const [, stem = '', ending = ''] = /^(.+)(\.[a-z][a-z0-9]{0,4})$/i.exec(segment) ?? []
  const stemKind = stem === '' ? 'literal' : segmentKind(stem, parent)
  return { kind: stemKind, ending: stemKind === 'literal' ? '' : ending }
}

/** Segments after which everything is a name of its own, and none of a list. */
const NO_LIST =
  /^(?:api|rest|v\d+|graphql|rpc|public|private|internal|admin|app|web|auth|oauth2?|session|me|user|account|-)$/i

/** Words that name a view or an action beside the entries of a list. */
const NO_ENTRY =
  /^(?:search|me|my|new|create|count|counts|total|totals|stats|statistics|summary|current|latest|recent|all|list|export|import|bulk|batch|config|settings|status|health|schema|meta|metadata|featured|popular|trending|top|by-\w+)$/i

/** Whether a literal segment looks like the name of one entry, and not like a word of the API. */
const isNameLike = (text: string): boolean =>
  !NO_ENTRY.test(text) && text.length > 2 && (/[-_.~@%+]|\d/.test(text) || /[a-z][A-Z]|^[A-Z]/.test(text))

/** Turns literal siblings that are entries of a list into one parameter, from the root down. */
function gatherSlugs(node: Node, above: readonly string[]): void {
  const parent = above.at(-1)
  if (parent !== undefined) for (const name of entriesAmong(node, parent)) moveToParameter(node, name)
  for (const [name, child] of node.literals) gatherSlugs(child, [...above, name])
  for (const { node: child } of node.parameters.values()) gatherSlugs(child, [...above, ':'])
}

/** The literal children that name entries of a list. */
function entriesAmong({ literals, parameters }: Node, parent: string): string[] {
  if (parent === ':' || NO_LIST.test(parent)) return []
  const names = [...literals.keys()].filter((name) => name !== '' && !NO_ENTRY.test(name))
  const alike = names.filter(isNameLike)
  const hasOthers = parameters.size > 0
  if (isPlural(parent)) {
    if (names.length >= 6) return names
    if (alike.length > 0 && (names.length >= 2 || hasOthers)) return alike
    return alike.filter((name) => /^[^-_]+(?:[-_][^-_]+){2,}$/.test(name))
  }
  if (alike.length >= (hasOthers ? 2 : 4)) return alike
  return names.length >= 12 ? names : []
}

function moveToParameter(node: Node, name: string): void {
  const moved = node.literals.get(name)
  if (moved === undefined) return
  node.literals.delete(name)
  merge(parameterOf(node, '', 'slug'), moved)
}

function merge(into: Node, from: Node): void {
  into.ends += from.ends
  for (const [name, child] of from.literals) merge(at1(into.literals, name), child)
  for (const [ending, { kinds, node }] of from.parameters) {
    for (const kind of kinds) merge(parameterOf(into, ending, kind), newNode())
    const target = into.parameters.get(ending)
    if (target !== undefined) merge(target.node, node)
  }
}

function patternOf(root: Node, path: string): string {
  let node: Node | undefined = root
  const segments = path.split('/').slice(1)
  const names: string[] = []
  let isBehindParameter = false
  const parts = segments.map((segment, at) => {
    const parent = isBehindParameter ? undefined : segments[at - 1]
    isBehindParameter = false
    const literal: Node | undefined = node?.literals.get(segment)
    if (literal !== undefined) {
      node = literal
      return segment
    }
    const { kind, ending } = kindAt(segments, at)
    const found: { readonly kinds: Set<SegmentKind | 'slug'>; readonly node: Node } | undefined =
      (kind === 'literal' ? undefined : node?.parameters.get(ending)) ?? node?.parameters.get('')
    if (found === undefined) {
      node = undefined
      return segment
    }
    node = found.node
    const name = uniqueName(parameterName(found.kinds), parent, names)
    isBehindParameter = true
    names.push(name)
    return `:${name}${found === undefined || ending === '' || kind === 'literal' ? '' : ending}`
  })
  return `/${parts.join('/')}`
}

/** `id`, and for the next one of a path `variantId`, after the list that it stands behind. */
function uniqueName(name: string, parent: string | undefined, taken: readonly string[]): string {
  if (!taken.includes(name)) return name
  const words = singular(parent ?? '').match(/[a-z]+/gi) ?? []
  const [first = '', ...others] = words
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
  const full = words.length === 0 ? '' : first.toLowerCase() + [...others, name].map(capital).join('')
  if (full !== '' && !taken.includes(full)) return full
  return `${full === '' ? name : full}${taken.length + 1}`
}
