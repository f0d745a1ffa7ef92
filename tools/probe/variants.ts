import { listed } from '../../sw/core/head.ts'
import { type Answers, type Asker, mediaTypeOf } from './answers.ts'
import { type Finding, hint } from './finding.ts'

/** Fields by which the answer differs without saying so. */
export function varied(answers: Answers, { rule }: Asker): Finding[] {
  const { plain, asDocument } = answers
  if (asDocument === undefined || rule === undefined || asDocument.status >= 300) return []
  const varies = listed(plain.fields.get('vary')?.toLowerCase())
  if (mediaTypeOf(asDocument) === mediaTypeOf(plain) || varies.includes('accept') || varies.includes('*')) return []
  return [
    hint(
      'vary-accept',
      `differs by Accept (${mediaTypeOf(plain)}, or ${mediaTypeOf(asDocument)}) without saying \`Vary: Accept\`. The worker keeps them apart, but a cache in front may not: let the backend say it.`,
    ),
  ]
}
