import { parseDuration } from './duration.ts'
import { isRecord, kind, type Kind, list, problem, record, text, word } from './kind.ts'
import {
  duration,
  FIELD_NAME,
  fieldName,
  flag,
  isDuration,
  isText,
  meantDuration,
  pathOf,
  PLACE,
  size,
} from './option-kinds.ts'
import type { BatchOptions, IdempotencyOptions, OutboxOptions, QueueOptions, WitnessOptions } from './options.ts'
import { nearest } from './spelling.ts'

const IDEMPOTENCY: Readonly<Record<keyof IdempotencyOptions, Kind>> = {
  field: fieldName,
  form: word('string', 'plain'),
  keeps: duration,
}

const idempotent: Kind = (value, path, problems) => {
  if (typeof value === 'boolean') return
  const expected = isRecord(value) ? record(IDEMPOTENCY) : fieldOrFlag
  expected(value, path, problems)
}

const fieldOrFlag = text("true, false, or the name of a header field such as 'Idempotency-Key'", FIELD_NAME)

/** A duration that is at least so many seconds, and at most so many. */
const between = (expected: string, leastS: number, mostS: number): Kind =>
  kind(
    expected,
    (given) => {
      const parsed = parseDuration(given)
      return parsed !== 'invalid' && parsed >= leastS && parsed <= mostS
    },
    (given) => (isDuration(given) ? undefined : meantDuration()(given)),
  )

/** A wait that would be none is a flood of requests, and one for ever is none. */
const wait = between("a duration of at least 100 ms ('1s', '5m')", 0.1, Number.MAX_VALUE)

const WITNESS: Readonly<Record<keyof WitnessOptions, Kind>> = {
  url: text("a path or a full URL such as '/api/sales'", PLACE),
  compare: list(kind("the name of a member such as 'reference'", isText)),
  after: wait,
}

const witness: Kind = (value, path, problems) => {
  if (value !== false) (isRecord(value) ? record(WITNESS) : witnessUrl)(value, path, problems)
}

const witnessUrl = text("a path or a full URL such as '/api/sales', or false", PLACE)

/** One of these words, or a function. */
const wordOrCall =
  (signature: string, ...words: readonly string[]): Kind =>
  (value, path, problems) => {
    if (typeof value !== 'function')
      kind(
        `${words.map((each) => `'${each}'`).join(', ')} or a function ${signature}`,
        (given) => words.some((each) => each === given),
        (given) => nearest(given, words),
      )(value, path, problems)
  }

const FOLDED = wordOrCall('from what is read and the write to what is read then, true or false', 'first')

const STATUSES: readonly unknown[] = [200, 201, 202, 204] satisfies QueueOptions['status'][]

/** What a write says of how it waits for an origin that is away. */
export const QUEUE_KINDS: Readonly<Record<keyof QueueOptions, Kind>> = {
  offline: word('queue', 'off'),
  timeout: duration,
  status: kind('200, 201, 202 or 204', (given) => STATUSES.includes(given)),
  entity: text("a name of letters, digits, dots and dashes such as 'product'", /^[\w.-]+$/),
  id: text("a parameter of match such as ':id'", /^:[a-z_]\w*$/i, (given) => {
    const [, name] = /^\W*([a-z_]\w*)\W*$/i.exec(given) ?? []
    return name && `:${name}`
  }),
  idMember: kind("the name of a member such as 'id'", isText),
  versionMember: kind("the name of a member such as 'updated_at'", isText),
  idempotent,
  witness,
  conflict: wordOrCall('that merges two rows', 'last-write-wins', 'server-wins', 'client-wins', 'ask'),
  optimistic: (value, path, problems) => {
    if (typeof value !== 'boolean') FOLDED(value, path, problems)
  },
  coalesce: flag,
  demand: word('persistent'),
}

const wholeNumber = (least: number, most: number): Kind =>
  kind(
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  )

const entityName = text("a name of letters, digits, dots and dashes such as 'products'", /^[\w.-]+$/)

const entities: Kind = (value, path, problems) => {
  if (!isRecord(value))
    return void problems.push(problem(path, value, "names by `entity` such as { product: 'products' }"))
  for (const [name, given] of Object.entries(value)) entityName(given, `${path}.${name}`, problems)
}

const BATCH: Readonly<Record<keyof BatchOptions, Kind>> = { url: pathOf('/api/sync'), entities, keeps: duration }

const batch = record(BATCH, {
  url: "a path of the app's own origin such as '/api/sync'",
  entities: "names by `entity` such as { product: 'products' }",
})

/** What the config says of how queued writes are sent. */
export const OUTBOX_KINDS: Readonly<Record<keyof OutboxOptions, Kind>> = {
  batch,
  lanes: wholeNumber(1, 16),
  quick: wholeNumber(1, 10),
  firstWait: wait,
  longestWait: wait,
  giveUpAfter: duration,
  attemptTimeout: between("a duration from 1 s to 4 minutes ('25s')", 1, 240),
  mostWrites: wholeNumber(1, 100_000),
  budget: size,
  records: flag,
  marks: flag,
}
