/** How `keys` and `tags` name what is in a config: once for the compiler, once for the page. Both have to agree. */
import { HOLE } from './template.ts'

/** A value of a parameter. */
export type Param = string | number

/** What a key takes, and how it is called. */
interface Entry {
  readonly name: string
  readonly params: readonly Param[]
}

type Chars<Text> = Text extends `${infer First}${infer Rest}` ? First | Chars<Rest> : never
type Letter = Chars<'abcdefghijklmnopqrstuvwxyz_'>
type Alphanumeric = Chars<'abcdefghijklmnopqrstuvwxyz0123456789'>

/** Without method and origin. */
type PathOf<Match> = Match extends `${string} ${infer Path}`
  ? PathOf<Path>
  : Match extends `${string}://${infer Rest}`
    ? Rest extends `${string}/${infer Path}`
      ? `/${Path}`
      : '/'
    : Match

type Segments<Path> = Path extends `/${infer First}/${infer Rest}`
  ? [First, ...Segments<`/${Rest}`>]
  : Path extends `/${infer Last}`
    ? [Last]
    : []

type WithoutPrefix<Parts> = Parts extends ['api' | `v${number}`, ...infer Rest] ? WithoutPrefix<Rest> : Parts

/** One value for each `:name`. */
type ParamsOf<Path> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer First}${string}`
    ? Lowercase<First> extends Letter
      ? [value: Param, ...ParamsOf<Rest>]
      : ParamsOf<Rest>
    : []
  : []

type HasParam<Part> = ParamsOf<Part> extends [] ? false : true

type Singular<Word> = Word extends `${infer Stem}ies`
  ? `${Stem}y`
  : Word extends `${infer Stem}sses`
    ? `${Stem}ss`
    : Word extends `${string}${'ss' | 'us' | 'is'}`
      ? Word
      : Word extends `${infer Stem}s`
        ? Stem
        : Word

/** Its words in one, each with a capital. */
type Pascal<Text, IsFirst = true, Done extends string = ''> = Text extends `${infer First}${infer Rest}`
  ? Lowercase<First> extends Alphanumeric
    ? Pascal<Rest, false, `${Done}${IsFirst extends true ? Uppercase<First> : First}`>
    : Pascal<Rest, true, Done>
  : Done

type NameOfParts<Parts> = Parts extends [infer First, ...infer Rest]
  ? HasParam<First> extends true
    ? NameOfParts<Rest>
    : Rest extends [infer Second, ...unknown[]]
      ? HasParam<Second> extends true
        ? `${Pascal<Singular<First>>}${NameOfParts<Rest>}`
        : `${Pascal<First>}${NameOfParts<Rest>}`
      : Pascal<First>
  : ''

/** The entry of a pattern. None: a star stands for URLs without number, and a path of parameters alone has no word. */
type EntryOfMatch<Match, Name> = Match extends `${string}*${string}`
  ? never
  : string extends Match
    ? { readonly name: string; readonly params: readonly Param[] }
    : Named<
        [Name] extends [string] ? Pascal<Name> : NameOfParts<WithoutPrefix<Segments<PathOf<Match>>>>,
        ParamsOf<PathOf<Match>>
      >

type Named<Name extends string, Params> = Name extends ''
  ? never
  : { readonly name: Uncapitalize<Name>; readonly params: Params }

type Each<List> = List extends readonly (infer One)[] ? One : List

type NameOfRoute<Route> = Route extends { readonly name: infer Name extends string } ? Name : undefined

/** The entries of routes. */
export type EntryOfRoute<Route> = Route extends { readonly match: infer Match }
  ? EachEntry<Each<Match>, NameOfRoute<Route>>
  : never

type EachEntry<Match, Name> = Match extends unknown ? EntryOfMatch<Match, Name> : never

type HolesIn<Template> = Template extends `${string}{${string}}${infer Rest}` ? [value: Param, ...HolesIn<Rest>] : []

type WithoutHoles<Template, Done extends string = ''> = Template extends `${infer Before}{${string}}${infer Rest}`
  ? WithoutHoles<Rest, `${Done}${Before}:`>
  : `${Done}${Template & string}`

/** The entries of tags. */
export type EntryOfTag<Tag> = Tag extends `${string}*${string}`
  ? never
  : string extends Tag
    ? { readonly name: string; readonly params: readonly Param[] }
    : Named<Pascal<WithoutHoles<Tag>>, HolesIn<Tag>>

/** A function for each name. One that is there for several numbers of values has several signatures. */
export type Keys<Entries> = [Entries] extends [Entry]
  ? { readonly [Name in Entries['name']]: Signatures<Extract<Entries, { readonly name: Name }>> }
  : never

type Signatures<Entries extends Entry> = (
  Entries extends unknown ? (of: (...values: Entries['params']) => string) => void : never
) extends (of: infer Functions) => void
  ? Functions
  : never

/** Finds each `:name`. */
export const PARAM = /:[a-z_]\w*/gi

/** The name that a pattern has without one of its route's; empty: none. */
export function nameOfPath(path: string): string {
  const parts = path.split('/').slice(1)
  const from = parts.findIndex((part) => !/^(api|v\d+(\.\d+)?)$/.test(part))
  const words = parts.slice(from < 0 ? parts.length : from).map((part, index, all) => {
    if (hasParam(part)) return ''
    const next = all[index + 1]
    return pascal(next !== undefined && hasParam(next) ? singular(part) : part)
  })
  return uncapitalised(words.join(''))
}

/** The name that a route says, or a tag is, as that of a function. */
export const nameOfText = (text: string): string => uncapitalised(pascal(text.replaceAll(HOLE, ':')))

const hasParam = (part: string): boolean => part.search(PARAM) >= 0

function singular(word: string): string {
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`
  if (word.endsWith('sses')) return word.slice(0, -2)
  return /(ss|us|is)$/.test(word) ? word : word.replace(/s$/, '')
}

const pascal = (text: string): string =>
  text.replace(/(?:^|[^a-z0-9]+)([a-z0-9])?/gi, (_, first: string | undefined) => (first ?? '').toUpperCase())

const uncapitalised = (name: string): string => name.slice(0, 1).toLowerCase() + name.slice(1)
