import { nearest } from '../../config/language/spelling.ts'
import type { LoggedTable } from '../../server/sync/migration.ts'

/** What a table may have beside its name. */
const OPTIONS = ['as', 'id', 'scope', 'scopeFunction', 'updatedAt', 'deletedAt'] as const

type Option = (typeof OPTIONS)[number]

/**
 * The tables that the words of a command name: `products`, `shop.notes:scope=owner,id=uuid`.
 *
 * @throws one line, for a word that cannot be read, or two that are one.
 */
export function tablesOf(words: readonly string[]): LoggedTable[] {
  if (words.length === 0) throw new Error('name the tables whose changes are to be noted: freshlayer migrate products')
  const tables = words.map(tableOf)
  for (const name of ['entity', 'table'] as const) {
    const seen = new Set<string>()
    for (const each of tables) {
      if (seen.has(each[name]))
        throw new Error(`${each[name]} is named twice: give each table once, and its own \`as\``)
      seen.add(each[name])
    }
  }
  return tables
}

function tableOf(word: string): LoggedTable {
  const [table = '', rest, ...more] = word.split(':')
  if (more.length > 0 || !/^[^.\s=,]+(\.[^.\s=,]+)?$/.test(table))
    throw new Error(`${word} is no table: give a name such as products, shop.products or notes:scope=owner,id=uuid`)
  const given: { [K in Option]?: string } = {}
  for (const part of rest?.split(',') ?? []) {
    const [, name = '', value = ''] = /^([^=]*)=(\S+)$/.exec(part) ?? []
    const option = OPTIONS.find((each) => each === name)
    if (option === undefined) {
      const meant = nearest(name || part, OPTIONS)
      throw new Error(
        `${word} has '${part}', expected one of ${OPTIONS.map((each) => `${each}=…`).join(', ')}${meant === undefined ? '' : `. Did you mean ${meant}=?`}`,
      )
    }
    given[option] = value
  }
  const { as, ...others } = given
  if (others.scope !== undefined && others.scopeFunction !== undefined)
    throw new Error(`${word} has scope and scopeFunction: one of them says whose a row is`)
  return { entity: as ?? table.split('.').at(-1) ?? table, table, ...others }
}
