import type { CollectionRule, Matcher } from '../../../config/language/index.ts'
import { readOf } from '../requests/read.ts'
import { itemUrl, listUrl } from './named.ts'

/** Whether the list of a collection or one of its items has one of these tags, by the rules of their routes. */
export function carries(match: Matcher, rule: CollectionRule, tags: readonly string[]): boolean {
  const list = readOf(match, listUrl(rule))?.tags ?? []
  if (tags.some((tag) => list.includes(tag))) return true
  const item = itemUrl(rule, '1')
  const templates = item === undefined ? [] : (readOf(match, item)?.rule.tags ?? [])
  return templates.some((template) => tags.some((tag) => mayBeOf(template, tag)))
}

/** Whether a template may become this tag: its holes stand for any text. */
function mayBeOf(template: string, tag: string): boolean {
  const parts = template.split(/\{[^}]*\}/)
  const [begin = '', end = ''] = [parts[0], parts.length > 1 ? parts.at(-1) : '']
  return parts.length === 1
    ? tag === template
    : tag.length >= begin.length + end.length && tag.startsWith(begin) && tag.endsWith(end)
}
