import type { Rule } from '../../../config/language/index.ts'
import { withoutMembers } from '../../core/ignored-members.ts'
import { pause } from '../../fetch/clock.ts'

/**
 * The bytes of a body that count where it is compared with another: those without the members that the rule ignores. A body
 * without them, or one that is no JSON, counts as it is. Part of a worker one of whose rules has `ignoreInDiff`. Others are
 * let in while a long body is looked through.
 */
export async function compared(body: ArrayBuffer, { ignoreInDiff = [] }: Rule): Promise<BufferSource> {
  if (ignoreInDiff.length === 0) return body
  const scan = withoutMembers(new Uint8Array(body), ignoreInDiff)
  for (;;) {
    const { done, value } = scan.next()
    if (done === true) return value ?? body
    await pause(0)
  }
}
