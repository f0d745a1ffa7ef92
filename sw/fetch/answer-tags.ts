import type { WriteMatch } from '../../config/language/index.ts'
import { decoded } from '../core/search.ts'
import { wholeBody } from './body-reader.ts'
import { timeout } from './clock.ts'

/** A longer answer to a write is not looked at. */
const MAX_BYTES = 1024 * 1024
/** The page waits for the tags: a body that takes longer is not looked at. */
const LIMIT_MS = 3000

/**
 * The tags that functions of a write's rule make of its answer: those of JSON. Never rejects.
 *
 * @param report hears why one gives none: it throws or gives no texts, or the body cannot be read.
 */
export async function tagsOfAnswer(
  { rule, params }: WriteMatch,
  response: Response,
  report: (what: string, error: unknown) => void,
): Promise<string[]> {
  const { ofAnswer = [], name } = rule
  try {
    const body = await timeout(LIMIT_MS, wholeBody(response.clone(), MAX_BYTES), undefined)
    if (!(body instanceof ArrayBuffer)) throw new Error('its answer is too long, or does not end')
    const answer: unknown = JSON.parse(new TextDecoder().decode(body))
    const given = Object.fromEntries(Object.entries(params).map(([each, value]) => [each, decoded(value)]))
    const tags: unknown[] = ofAnswer.flatMap((of) => of(answer, given))
    return tags.filter((tag) => typeof tag === 'string')
  } catch (error) {
    report(
      `${name}: the tags of its answer cannot be told; only what \`invalidates\` says in words is invalidated`,
      error,
    )
    return []
  }
}
