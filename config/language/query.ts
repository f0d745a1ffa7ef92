import { decoded } from './template.ts'

/** Name and value of a pair of a query, decoded; `+` is a space, as forms write it. */
export function parsePair(pair: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair.replaceAll('+', ' ')) ?? []
  return [decoded(name), decoded(value)]
}

/** Whether the query says what a rule asks of it. Of a name that comes several times, any value will do. */
export const queryHolds = (conditions: Readonly<Record<string, string | boolean>>, search: string): boolean =>
  Object.entries(conditions).every(([name, wanted]) => {
    const isThere = search
      .slice(1)
      .split('&')
      .map(parsePair)
      .some(([given, value]) => given === name && (typeof wanted === 'boolean' || value === wanted))
    return isThere === (wanted !== false)
  })
