import type { Reason } from '../../sw/core/obstacle.ts'
import type { Explanation } from '../../sw/protocol.ts'

/**
 * What a rule does not do, why, and which option would change it.
 *
 * @param field the deciding field of the answer, as `name: value`; empty where there is none.
 * @param identifiedBy how the config tells users apart.
 */
export type Remedy = (field: string, identifiedBy: NonNullable<Explanation['identifiedBy']>) => string

const STORES_NOTHING = 'stores nothing:'

const WORDS: Readonly<Record<Reason, Remedy>> = {
  'unknown-user': (_, identifiedBy) =>
    `${STORES_NOTHING} the user of this page is not known. ${identifiedBy.map((way) => NAMED_BY[way]).join(', or ')}; or make it \`public: true\` where all users get the same; or tell users apart in another way (\`identity.by\`)${identifiedBy.length > 1 && identifiedBy.includes('authorization') ? ALONE : ''}.`,
  unkeyed: () =>
    `${STORES_NOTHING} the browser could not make a key or a digest, which it can only on HTTPS and \`localhost\`. The worker's console has the error.`,
  disk: () =>
    `${STORES_NOTHING} the browser's storage fails or is full. Look at the worker's console and at what the origin stores (\`navigator.storage.estimate()\`); a smaller \`budget\` leaves room.`,
  'bad-range': () =>
    `${STORES_NOTHING} the part that came is not the one that its Content-Range describes. Mend it at the origin, or take \`ranges\` off the rule.`,
  status: (field) =>
    `${STORES_NOTHING} such an answer is never kept (\`${field}\`). Look at the origin, or read this by \`preset: 'network-only'\`.`,
  'no-freshness': (field) =>
    `does not keep an error that says nothing of how long it may be kept (\`${field}\`). Where it is meant to be kept, send \`Cache-Control: max-age\` with it.`,
  'asked-to-validate': () =>
    `is validated although its answer is fresh: the page's request says no-cache. Leave \`cache: 'no-cache'\`, \`Cache-Control: no-cache\` and \`max-age=0\` out of the request.`,
  'max-age-of-request': () =>
    `is validated although its answer is fresh: the page's request says \`max-age\`. Leave it out of the request, or make \`fresh\` as short.`,
  'min-fresh': () =>
    `is validated although its answer is fresh: the page's request says \`min-fresh\`. Leave it out of the request, or make \`fresh\` longer.`,
  'no-store': (field) =>
    `${STORES_NOTHING} the answer says \`${field}\`. No rule overrides no-store: change the header at the origin, or drop the rule.`,
  'request-no-store': () =>
    `${STORES_NOTHING} the page's request says no-store. Leave \`cache: 'no-store'\` and \`Cache-Control: no-store\` out of the request.`,
  'unexpected-type': (field) =>
    `does not store what is not of the expected type: the answer says \`${field}\`. \`expects\` of the rule, or the request's Accept, has to name it.`,
  vary: (field) =>
    `${STORES_NOTHING} the answer says \`${field}\`, and the worker cannot see such a field, or the token in it names no user. Take it out of Vary; a token's user is named by \`identity.partitionOf\`.`,
  'vary-cookie': (field) =>
    `is validated before each use: the answer says \`${field}\` and belongs to no user. Tell users apart by \`identity\` ('identify' or 'echo'), or take Cookie out of Vary.`,
  credential: (field) =>
    `${STORES_NOTHING} the answer has the field \`${field}\`, which gives the user a credential. Send it with another answer.`,
  opaque: () =>
    `${STORES_NOTHING} no script may read the answer of the other origin. Ask by CORS: \`crossorigin\` on an element, \`mode: 'cors'\` in fetch().`,
  redirected: () =>
    `${STORES_NOTHING} the answer came by a redirect. Read the URL that it leads to, and write a rule for that.`,
  stream: (field) =>
    `${STORES_NOTHING} the answer is a stream without an end (\`${field}\`). Exclude it from the rule.`,
  partial: () => `${STORES_NOTHING} the answer is a part (206). \`ranges: true\` keeps parts.`,
  'too-large': () =>
    `${STORES_NOTHING} the answer is larger than the rule's \`budget\` or 32 MB, or does not end. Raise the budget, or drop the rule.`,
}

/**
 * By the reason that `explain`, `stats` and `Cache-Status` give. What has no word here is passing: the origin was away, or
 * a user has signed in or out meanwhile.
 */
export const REMEDIES: Readonly<Record<string, Remedy>> = WORDS

/** Reasons that are most often as they are meant. */
export const IS_MEANT: ReadonlySet<string> = new Set(['status', 'no-freshness'] satisfies Reason[])

/** What is asked for before anybody has signed in, for instance. */
const ALONE = ": with 'authorization' alone, what is asked for without a token is kept as nobody's"

const NAMED_BY = {
  authorization: 'Send its token in Authorization',
  identify: 'Give connect() the option `identify`, which names the user',
  echo: 'Let the origin name the user in the field `identity.echo`, also in a `probe`',
}
