import { hasInexactNumber } from './exact.ts'
import { memberOf, withMember } from './member.ts'

/** What a list's JSON has around its rows. */
export interface Wrapper {
  readonly before: string
  readonly after: string
}

/** Of a JSON that is the list of rows. */
export const BARE: Wrapper = { before: '[', after: ']' }

/**
 * The list's JSON without its rows, as a value; undefined where there is no list at the path. Goes over the text once,
 * and calls `rest` now and then, so that a long one does not hold up what else there is to do.
 *
 * @param path names of members, from the outermost.
 */
export async function withoutRows(text: string, path: readonly string[], rest: () => Promise<void>): Promise<unknown> {
  const names: (string | undefined)[] = []
  let start = -1
  let open = 0
  let isName = false
  for (let at = 0, turn = 0; at < text.length; at++, turn++) {
    if (turn === CHARACTERS) {
      turn = 0
      await rest()
    }
    const character = text[at]
    if (character === '"') {
      const end = endOfText(text, at)
      if (isName && start < 0) names[open - 1] = nameIn(text.slice(at, end + 1))
      turn = Math.min(CHARACTERS - 1, turn + end - at)
      at = end
      isName = false
    } else if (character === '{' || character === '[') {
      const isHere =
        character === '[' && start < 0 && open === path.length && path.every((name, depth) => names[depth] === name)
      if (isHere) start = at
      names[open++] = undefined
      isName = character === '{'
    } else if (character === '}' || character === ']') {
      open--
      names.length = open
      if (start >= 0 && open === path.length) return emptied(text.slice(0, start), text.slice(at + 1))
    } else if (character === ',') isName = names.length > 0 && names[open - 1] !== undefined
  }
  return undefined
}

/** Characters between two rests: some milliseconds. */
const CHARACTERS = 500_000

/** Where the text ends that begins at a place. */
function endOfText(text: string, from: number): number {
  let at = text.indexOf('"', from + 1)
  while (at >= 0) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
    at = text.indexOf('"', at + 1)
  }
  return text.length
}

function nameIn(text: string): string | undefined {
  try {
    return String(JSON.parse(text))
  } catch {
    return undefined
  }
}

function emptied(before: string, after: string): unknown {
  if (hasInexactNumber(before) || hasInexactNumber(after)) return undefined
  try {
    return JSON.parse(`${before}[]${after}`)
  } catch {
    return undefined
  }
}

/**
 * What is written around the rows.
 *
 * @param value the list's JSON without its rows.
 * @returns `'invalid'` where the value has no list at the path.
 */
export function wrapperOf(
  value: unknown,
  { items = [], total }: { readonly items?: readonly string[]; readonly total?: readonly string[] },
  count: number,
): Wrapper | 'invalid' {
  if (items.length === 0) return BARE
  if (!Array.isArray(memberOf(value, items))) return 'invalid'
  const counted = total === undefined ? value : withMember(value, total, count)
  const text = JSON.stringify(withMember(counted, items, [HOLE]))
  const [before, after] = text.split(JSON.stringify(HOLE))
  return before === undefined || after === undefined ? 'invalid' : { before, after }
}

/** Stands where the rows come. */
const HOLE = '\u0000rows\u0000'
