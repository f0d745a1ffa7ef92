import { parsePair } from '../../sw/core/search.ts'

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
