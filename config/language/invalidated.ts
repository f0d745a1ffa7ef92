import { parseDuration } from './duration.ts'
import { isRecord, problem, type Findings, type Problem } from './kind.ts'
import { paramsOf, patternMistake } from './pattern-mistakes.ts'
import { extentOf, overlaps, type Extent, type Place } from './shadow.ts'
import { nearest } from './spelling.ts'
import { HOLE } from './template.ts'

/** A route or a write. */
interface Entry {
  readonly path: string
  readonly options: unknown
  readonly patterns: readonly Place[]
}

/**
 * What `tags`, `invalidates` and `groups` say in vain. A tag exists only because a route or the backend gives it to
 * answers, so an unknown one is a mistake and a problem. A path means the same with or without a route for it, so a path
 * without a route is a warning.
 */
export function invalidatedFindings(
  config: Readonly<Record<string, unknown>>,
  routes: readonly Entry[],
  writes: readonly Entry[],
): Findings {
  const groups = textsOf(config['groups'])
  const tags = routes.flatMap(({ options }) => textsOf(isRecord(options) ? options['tags'] : undefined))
  const known = [...new Set(tags)]
  const groupShapes = groups.map((group) => group.replace(/\*$/, ANY))
  // A star is a letter of a tag. It is probably not meant for the value of a hole.
  const tagShapes = (text: string): string[] =>
    known.filter((tag) => tag.includes('*') || !text.includes('*')).map(withAny)
  const paths = routes.flatMap(({ patterns }) => patterns.map(({ text }) => text.replace(/^[A-Z]+ /, '')))
  const extents = routes.flatMap(({ patterns }) => patterns.map(({ extent }) => extent))
  const isPage = ({ origin }: Extent): boolean => origin === '' && storesPages(config['navigation'])

  const places = writes.flatMap(({ path, options }) =>
    textsOf(isRecord(options) ? options['invalidates'] : undefined).map((text, at) => ({
      path: `${path}.invalidates[${at}]`,
      text,
    })),
  )
  const unknown = places.flatMap(({ path, text }) => {
    if (isPlace(text) || [...tagShapes(text), ...groupShapes].some((shape) => meets(shape, withAny(text)))) return []
    return [problem(path, text, expectedTag(text, known), nearest(text, [...known, ...groups, ...paths]))]
  })
  const unread = places.flatMap(({ path, text }) => {
    const extent = reachOf(text)
    if (extent === undefined || isPage(extent) || extents.some((other) => overlaps(other, extent))) return []
    return [problem(path, text, 'a path that a route matches: nothing is stored for this one', nearest(text, paths))]
  })
  return {
    problems: Array.isArray(config['routes']) ? unknown : [],
    warnings: [
      ...writes.flatMap(idle),
      ...routes.flatMap((route) => bare(route, 'tags')),
      ...writes.flatMap((write) => bare(write, 'invalidates')),
      ...unread,
    ],
  }
}

/** Stands for any text in a tag: a value that is filled in, or the star of a group. */
const ANY = '\0'

const withAny = (template: string): string => template.replace(HOLE, ANY)

/** Whether two texts can be equal, for some texts in the place of each `ANY`. */
function meets(one: string, other: string): boolean {
  if (one === '' || other === '') return (one + other).replaceAll(ANY, '') === ''
  if (one.startsWith(ANY)) return meets(one.slice(1), other) || meets(one, other.slice(1))
  if (other.startsWith(ANY)) return meets(other, one)
  return one[0] === other[0] && meets(one.slice(1), other.slice(1))
}

/** Whether an entry is meant as a URL or a pattern. */
const isPlace = (text: string): boolean => /^(?:[A-Z]+ )?(?:\w+:\/)?\//.test(text)

function expectedTag(text: string, known: readonly string[]): string {
  if (text.includes('*'))
    return 'a tag without a star: tags are compared as they are, so give these routes one tag of their own'
  const shown = known.slice(0, SHOWN).map((tag) => `'${tag}'`)
  const others = known.length > SHOWN ? ` and ${known.length - SHOWN} more` : ''
  const tags = known.length > 0 ? `a tag of a route (${shown.join(', ')}${others})` : 'a tag, and no route has one'
  return `${tags}, a path, or a name that \`groups\` lists too`
}

const SHOWN = 10

/** What a URL or a pattern reaches, or a little more; undefined for any other text. */
function reachOf(text: string): Extent | undefined {
  const filled = text.replace(HOLE, '*').replace(/\?[^#]*/, '')
  if (!isPlace(text) || patternMistake(filled, []) !== undefined) return undefined
  // A pattern reaches every URL that begins as it does before its first parameter or star.
  const [, before] = /^((?:[a-z]+:\/\/[^/]*)?.*?)(?::[a-z_]|\*)/is.exec(text) ?? []
  const rounded = before === undefined ? filled : `${before.replace(HOLE, '*').replace(/[^/]*$/, '')}**`
  const extent = extentOf({ text: rounded, query: {}, usual: [] })
  return extent === 'invalid' ? undefined : extent
}

const storesPages = (navigation: unknown): boolean => {
  const offline = isRecord(navigation) ? parseDuration(navigation['offline']) : 'invalid'
  return offline !== 'invalid' && offline > 0
}

/** An entry that takes away what a write without an entry ends, and names nothing instead. */
function idle({ path, options }: Entry): Problem[] {
  if (!isRecord(options) || options['invalidates'] !== undefined || options['session'] !== undefined) return []
  const expected =
    options['offline'] === 'queue'
      ? 'what else changes: a write with an entry ends only what that names, and not the tags of the route at its path'
      : 'what else changes, or no entry at all: a write without an entry also ends the tags of the route at its path'
  return [problem(`${path}.invalidates`, undefined, expected)]
}

/** A tag that ends in the name of a parameter, where its value is probably meant. */
function bare({ path, options, patterns }: Entry, option: 'tags' | 'invalidates'): Problem[] {
  const names = patterns.flatMap(({ text }) => paramsOf(text))
  return textsOf(isRecord(options) ? options[option] : undefined).flatMap((tag, at) => {
    const [, before = '', name] = /^([^{]*:)[:$[<]?(\w+)[\]>]?$/.exec(tag) ?? []
    if (name === undefined || isPlace(tag) || !names.includes(name)) return []
    return [
      problem(
        `${path}.${option}[${at}]`,
        tag,
        'braces around the name of a parameter',
        `${before.replace(/::$/, ':')}{${name}}`,
      ),
    ]
  })
}

const textsOf = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((text: unknown) => typeof text === 'string') : []
