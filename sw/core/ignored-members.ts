/** Names from the root of a JSON body to a member. `*` is any one name or item, and a number is the item of a list. */
export type MemberPath = readonly string[]

/** After so many bytes the generator yields, so that its caller can let other work in. Unit: bytes. */
const SLICE = 128 * 1024

/** A name that is longer matches no path. Unit: bytes. */
const MAX_NAME = 1000

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c] as const
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d] as const

const NONE: readonly MemberPath[] = []

/** A list or an object that the scan is in. */
interface Open {
  readonly isList: boolean
  /** The paths that lead into it. */
  readonly paths: readonly MemberPath[]
  /** Of the item of a list that comes next. */
  index: number
  /** Whether the next text is the name of a member. */
  isBeforeName: boolean
  /** The paths that lead to the member whose value comes next. */
  next: readonly MemberPath[]
}

/**
 * The bytes of a JSON text (UTF-8) without the values of some members: what counts where two answers are compared. Gives
 * undefined where none of the members is there, or the text is no list and no object, or does not end where it should.
 *
 * It works on the bytes and parses no value, so numbers of any length and repeated names count as they are.
 */
export function* withoutMembers(
  bytes: Uint8Array,
  paths: readonly MemberPath[],
): Generator<undefined, Uint8Array<ArrayBuffer> | undefined, undefined> {
  const scan = new Scan(bytes, paths)
  while (scan.advance()) yield
  return scan.left
}

/** Engines are slow where a generator has such a loop in it. */
class Scan {
  readonly #bytes: Uint8Array
  readonly #paths: readonly MemberPath[]
  readonly #open: Open[] = []
  /** Where the parts that are kept begin and end, but for the end of the last. */
  readonly #bounds: number[] = [0]
  /** Where the value begins that is left out. */
  #from = 0
  /** How many lists and objects are open around it. -1: none is left out. */
  #depth = -1
  #at: number
  #hasBegun = false
  #isWrong = false

  constructor(bytes: Uint8Array, paths: readonly MemberPath[]) {
    this.#bytes = bytes
    this.#paths = paths
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    this.#at = hasMark ? 3 : 0
  }

  /** What is left; undefined: nothing is left out, or this is no JSON. */
  get left(): Uint8Array<ArrayBuffer> | undefined {
    const bounds = this.#bounds
    if (this.#isWrong || this.#open.length > 0 || bounds.length === 1) return undefined
    bounds.push(this.#bytes.length)
    const parts: Uint8Array[] = []
    for (let at = 0; at < bounds.length; at += 2) parts.push(this.#bytes.subarray(bounds[at], bounds[at + 1]))
    return joined(parts)
  }

  /** Scans one slice. Whether there is another. */
  advance(): boolean {
    const bytes = this.#bytes
    const open = this.#open
    const until = this.#at + SLICE
    let at = this.#at
    let inside = open.at(-1)
    for (; at < bytes.length && at < until; at++) {
      const byte = bytes[at] ?? 0
      if (byte <= 0x20 || byte === COLON) continue
      if (byte === COMMA) {
        if (inside === undefined) return this.#stop()
        inside.isBeforeName = !inside.isList
        inside.index++
      } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        if (inside === undefined && this.#hasBegun) return this.#stop()
        this.#hasBegun = true
        const inner = inside === undefined ? this.#paths : nextOf(inside, open.length)
        this.#begin(at, inner)
        const isList = byte === OPEN_LIST
        const paths = this.#depth < 0 ? inner : NONE
        inside = { isList, paths, index: 0, isBeforeName: !isList, next: NONE }
        open.push(inside)
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
        if (open.pop()?.isList !== (byte === CLOSE_LIST)) return this.#stop()
        this.#end(at + 1)
        inside = open.at(-1)
      } else if (inside === undefined) return this.#stop()
      else {
        const last = byte === QUOTE ? endOfText(bytes, at) : endOfWord(bytes, at)
        if (last < 0) return this.#stop()
        if (byte === QUOTE && inside.isBeforeName) {
          inside.isBeforeName = false
          const { paths } = inside
          inside.next = paths.length === 0 ? NONE : leading(paths, nameIn(bytes, at + 1, last), open.length)
        } else {
          this.#begin(at, nextOf(inside, open.length))
          this.#end(last + 1)
        }
        at = last
      }
    }
    this.#at = at
    return at < bytes.length
  }

  #stop(): false {
    this.#isWrong = true
    return false
  }

  /** A value begins to which these paths lead. */
  #begin(at: number, paths: readonly MemberPath[]): void {
    const depth = this.#open.length
    if (this.#depth >= 0 || !paths.some(({ length }) => length === depth)) return
    this.#from = at
    this.#depth = depth
  }

  /** A value ends. */
  #end(at: number): void {
    if (this.#depth !== this.#open.length) return
    this.#bounds.push(this.#from, at)
    this.#depth = -1
  }
}

/** The paths that lead to the value that comes next. */
const nextOf = ({ isList, paths, index, next }: Open, depth: number): readonly MemberPath[] =>
  !isList ? next : paths.length === 0 ? paths : leading(paths, String(index), depth)

function leading(paths: readonly MemberPath[], name: string | undefined, depth: number): readonly MemberPath[] {
  const leads = (path: MemberPath): boolean =>
    path[depth - 1] === '*' || (name !== undefined && path[depth - 1] === name)
  // Most names lead nowhere, and most lists have one path.
  return !paths.some(leads) ? NONE : paths.every(leads) ? paths : paths.filter(leads)
}

/** The place of the quote that ends the text which begins at `from`; -1: none does. */
function endOfText(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length; at++) {
    const byte = bytes[at]
    if (byte === QUOTE) return at
    if (byte === BACKSLASH) at++
  }
  return -1
}

/** The name of a member; undefined where it is none, or too long to be meant. */
function nameIn(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (to - from > MAX_NAME) return undefined
  let name = ''
  let isPlain = true
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    isPlain &&= byte < 0x80 && byte !== BACKSLASH
    name += String.fromCharCode(byte)
  }
  if (isPlain) return name
  try {
    const encoded = Array.from(name, (each) => `%${each.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')
    return String(JSON.parse(`"${decodeURIComponent(encoded)}"`))
  } catch {
    return undefined
  }
}

/** The place at which a number, `true`, `false` or `null` ends. */
function endOfWord(bytes: Uint8Array, from: number): number {
  let at = from + 1
  for (; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST) break
  }
  return at - 1
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
