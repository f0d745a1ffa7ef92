import type { Explanation } from '../../sw/protocol.ts'

const SENTENCES: Record<Explanation['state'], string> = {
  fresh: 'Served for another {s} s',
  stale: 'Served, and validated behind; stale for {s} s',
  offline: 'Validated first; served without the origin',
  gone: 'Validated first; never served without the origin',
  absent: 'Nothing is stored for you',
  file: 'Served as a file of the app',
  unmatched: 'No rule matches it',
  'no-worker': 'No worker controls this page',
}

/** The worker's explanation with its reason as a sentence: the words live here, where they cost no worker a byte. */
export function explained(explanation: Explanation): Explanation {
  const { state, why, ttlSeconds = 0, obstacle } = explanation
  const sentence = SENTENCES[state].replace('{s}', Math.abs(ttlSeconds).toFixed())
  const detail = obstacle && ` The rule did nothing for the last answer (${obstacle.field ?? obstacle.why}).`
  return { ...explanation, why: `${sentence}${why && ` (${why})`}.${detail ?? ''}` }
}
