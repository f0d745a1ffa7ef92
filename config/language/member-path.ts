import type { MemberPath } from '../../sw/core/ignored-members.ts'

/**
 * A path that `ignoreInDiff` may name: names with dots between them, and not stars alone. Two stars stand for no depth. A
 * backslash stands before a dot, a bracket or a slash at the beginning that are part of a name: without it they are JSON
 * Path, or a JSON Pointer.
 */
export const MEMBER_PATH =
  /^(?!\/|\$\.|(?:\*\.)*\*$|(?:.*\.)?\*{2,}(?:\.|$))(?:\\.|[^.\\[\]])+(?:\.(?:\\.|[^.\\[\]])+)*$/

/** The names of a path. */
export const memberPath = (text: string): MemberPath =>
  [...text.matchAll(/(?:\\.|[^.\\])+/g)].map(([name]) => name.replaceAll(/\\(.)/g, '$1'))

/** The text of a path, as `ignoreInDiff` takes it. */
export const memberText = (path: MemberPath): string =>
  path.map((name, at) => name.replaceAll(at === 0 ? /^[/$]|[.\\[\]]/g : /[.\\[\]]/g, '\\$&')).join('.')

/** The path that a text in the spelling of JSON Path or of a JSON Pointer means: `$.meta.now`, `items[*].at`, `/meta/now`. */
export function meantMemberPath(given: string): string | undefined {
  const dotted = given.startsWith('/')
    ? given.replaceAll('/', '.')
    : given.replace(/\[(\d+|\*|)\]/g, (_, item: string) => `.${item || '*'}`)
  const meant = dotted
    .split('.')
    .filter((name, at) => name !== '' && !(at === 0 && name === '$'))
    .join('.')
  return meant !== given && MEMBER_PATH.test(meant) ? meant : undefined
}
