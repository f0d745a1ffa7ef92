import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface SidebarGroup {
  readonly text: string
  readonly items: readonly { readonly text: string; readonly link: string }[]
}

/**
 * The site's pages as one list for a language model, in the form of `llms.txt`: a line for each page, with its first
 * sentence.
 */
export function llmsText(docs: string, heading: string, groups: readonly SidebarGroup[]): string {
  const parts = groups.map(({ text, items }) => {
    const lines = items.map((item) => `- [${item.text}](${item.link}.html): ${firstSentence(docs, item.link)}`)
    return `## ${text}\n\n${lines.join('\n')}`
  })
  return `${heading}\n\n${parts.join('\n\n')}\n`
}

/** Pages of the reference are made by the build: their lead stands with their source. */
function firstSentence(docs: string, link: string): string {
  if (link.startsWith('/reference/')) return 'Each option or method, with type, default and example.'
  const text = readFileSync(join(docs, `${link}.md`), 'utf8')
  const [, paragraph = ''] = /^# .*\n\n((?:.+\n)+)/m.exec(text) ?? []
  const [sentence = ''] = paragraph.replaceAll('\n', ' ').split(/(?<=\.) /)
  return sentence.trim()
}
