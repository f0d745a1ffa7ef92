import { isPlural, singular } from './segments.ts'

/** Segments that are no resource of their own. */
const PREFIX = /^(?:api|rest|v\d+(?:\.\d+)?|public|private|internal|admin|me|my|user|account|app|web|-|data|rpc|\d+)$/i

const FIELDS_OF_ENTRIES = /id$|slug$|email$/i

interface Parts {
  /** Literal segments that may name a resource, without those above it. */
  readonly names: readonly string[]
  /** Of each parameter: the list before it, and its name. */
  readonly entries: readonly { readonly list: string; readonly parameter: string }[]
  /** Literal segments behind the last parameter. */
  readonly tail: readonly string[]
}

function partsOf(match: string): Parts {
  const path = match.replace(/^[A-Z]+ /, '').replace(/^[a-z]+:\/\/[^/]+/, '')
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '**')
  const isOpen = (segment: string): boolean => segment.startsWith(':')
  const entries = segments.flatMap((segment, at) => {
    const list = segments[at - 1]
    const [, parameter = ''] = /^:(\w+)$/.exec(segment) ?? []
    return list !== undefined && !isOpen(list) && isPlural(list) && FIELDS_OF_ENTRIES.test(parameter)
      ? [{ list, parameter }]
      : []
  })
  const names = segments.filter((segment) => !isOpen(segment) && !PREFIX.test(segment) && /^[\w-]+$/.test(segment))
  const last = segments.findLastIndex(isOpen)
  const tail = segments.slice(last + 1).filter((segment) => names.includes(segment))
  return { names, entries, tail }
}

/** The tags of a route: the resource that it reads, and the entries that its path names. */
export function tagsOf(match: string): string[] {
  const { names, entries, tail } = partsOf(match)
  const last = entries.at(-1)
  // Behind a parameter the first name is the resource; without one the first of all: `/api/reports/sales` is a report.
  const resource = tail[0] !== undefined && last !== undefined ? tail[0] : (last?.list ?? names[0])
  return [...new Set([...(resource === undefined ? [] : [resource]), ...entries.map(entryTag)])]
}

/** The tags that a write to a path may concern: every list and every entry that the path names. */
export function tagsOfWrite(match: string): string[] {
  const { names, entries } = partsOf(match)
  return [...new Set([...names, ...entries.map(entryTag)])]
}

const entryTag = ({ list, parameter }: { readonly list: string; readonly parameter: string }): string =>
  `${singular(list)}:{${parameter}}`

/** A tag without the names of its holes: `product:{id}` and `product:{productId}` are of one kind. */
export const shapeOf = (tag: string): string => tag.replace(/\{\w+\}/g, '{}')
