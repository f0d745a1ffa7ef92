import { parsePair } from '../../sw/core/search.ts'

/** Whether a query meets a rule's condition. If a name occurs several times, one matching value is enough. */
export const queryHolds = (conditions: Readonly<Record<string, string | boolean>>, search: string): boolean =>
  Object.entries(conditions).every(([name, wanted]) => {
    const isThere = search
      .slice(1)
      .split('&')
      .map(parsePair)
      .some(([given, value]) => given === name && (typeof wanted === 'boolean' || value === wanted))
    return isThere === (wanted !== false)
  })
