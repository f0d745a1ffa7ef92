import { RETRY } from '../../sw/core/outbox/backoff.ts'
import type { Idempotency } from '../../sw/core/outbox/idempotency.ts'
import { REQUEST_LIMIT_MS } from '../../sw/core/outbox/lanes.ts'
import { bytes, seconds } from '../../sw/core/units.ts'
import { parseDuration, timerMs } from './duration.ts'
import { isRecord, problem, type Findings, type Problem } from './kind.ts'
import type { BatchOptions, Config, QueueOptions, Write } from './options.ts'
import { parsePattern } from './pattern.ts'
import { paramsOf } from './pattern-mistakes.ts'
import type { BatchRule, QueuePlace, QueueRule, Rules, WriteRule } from './rule.ts'
import { covers, type Place } from './shadow.ts'
import { parseSize } from './size.ts'
import { nearest } from './spelling.ts'
import { HOLE } from './template.ts'

/** What the config does not say: how many writes are sent at the same time, how many may wait, and how large their bodies are. */
const LANES = 4
const MOST_WRITES = 10_000
const BUDGET = bytes(100e6)

/** How queued writes are sent; nothing where no write is queued. Expects a config that `assertConfig` accepted. */
export function outboxRules({ outbox = {}, writes = [] }: Config): Pick<Rules, 'outbox'> {
  if (!writes.some(({ offline }) => offline === 'queue')) return {}
  const { lanes = LANES, quick = RETRY.quick, firstWait, longestWait, giveUpAfter, attemptTimeout } = outbox
  const budget = parseSize(outbox.budget)
  return {
    outbox: {
      most: lanes,
      requestLimitMs: attemptTimeout === undefined ? REQUEST_LIMIT_MS : timerMs(attemptTimeout),
      mostWrites: outbox.mostWrites ?? MOST_WRITES,
      budget: budget === 'invalid' ? BUDGET : budget,
      ...(outbox.records === true && { records: true }),
      ...(outbox.marks === false && { marks: false }),
      limits: {
        quick,
        baseMs: firstWait === undefined ? RETRY.baseMs : timerMs(firstWait),
        capMs: longestWait === undefined ? RETRY.capMs : timerMs(longestWait),
        ageMs: giveUpAfter === undefined ? RETRY.ageMs : msOf(giveUpAfter),
      },
      ...(outbox.batch && { batch: batchRule(outbox.batch) }),
    },
  }
}

function batchRule({ url, entities, keeps = '7d' }: BatchOptions): BatchRule {
  const keepsFor = parseDuration(keeps)
  return { url, entities, keepsFor: keepsFor === 'invalid' ? seconds(0) : keepsFor }
}

/** Compiled writes, with how those of them wait that are queued. Expects what `assertConfig` accepted. */
export const withQueues = (rules: readonly WriteRule[], writes: readonly Write[] = []): WriteRule[] =>
  rules.map((rule, at) => {
    const write = writes[at]
    return write?.offline === 'queue' ? { ...rule, queue: queueRule(write) } : rule
  })

function queueRule(write: Write): QueueRule {
  const { match, entity, id, idMember = 'id', idempotent, witness = {}, conflict = 'ask', optimistic = true } = write
  const { timeout = '5s', status = 202, versionMember = 'updated_at' } = write
  const { url, compare, after = '30s' } = typeof witness === 'string' ? { url: witness } : witness || {}
  return {
    ...(entity !== undefined && { entity }),
    places: [match].flat().flatMap((text) => placeOf(text, id?.slice(1))),
    timeoutMs: timerMs(timeout),
    status,
    idMember,
    versionMember,
    ...idempotencyOf(idempotent),
    ...(witness !== false && {
      witness: {
        ...(url !== undefined && { url }),
        ...(compare !== undefined && { compared: compare }),
        afterMs: timerMs(after),
      },
    }),
    conflict,
    optimistic: optimistic === true ? 'last' : optimistic,
    coalesces: write.coalesce === true,
    needsPersistence: write.demand === 'persistent',
  }
}

const msOf = (value: unknown): number => {
  const parsed = parseDuration(value)
  return parsed === 'invalid' ? RETRY.ageMs : parsed * 1000
}

function idempotencyOf(given: Write['idempotent'] = false): { readonly idempotency?: Idempotency } {
  if (given === false) return {}
  const {
    field = 'Idempotency-Key',
    form = 'string',
    keeps = '24h',
  } = typeof given === 'string' ? { field: given } : given === true ? {} : given
  const keepsFor = parseDuration(keeps)
  return { idempotency: { field: field.toLowerCase(), form, keepsFor: keepsFor === 'invalid' ? seconds(0) : keepsFor } }
}

/** What the URLs of a pattern are of: a row, where they end in its id; a list, where they have none. */
function placeOf(text: string, id: string | undefined): QueuePlace[] {
  const pattern = parsePattern(text)
  if (pattern === 'invalid') return []
  const [, last] = /\/:([a-z_]\w*)\/?$/i.exec(pattern.path) ?? []
  const own = id === undefined ? last : paramsOf(text).find((each) => each === id)
  if (own === undefined) return [{ pattern, target: 'list' }]
  return [{ pattern, target: own === last ? 'row' : 'other', id: own }]
}

/** A route or a write. */
interface Entry {
  readonly path: string
  readonly options: unknown
  readonly patterns: readonly Place[]
}

/** The options that only a queued write has. */
const OF_QUEUE = [
  'timeout',
  'status',
  'entity',
  'id',
  'idMember',
  'versionMember',
  'idempotent',
  'witness',
  'conflict',
  'optimistic',
  'coalesce',
  'demand',
] as const satisfies readonly (keyof QueueOptions)[]

/** What queued writes say in vain, and what would ask the user more often than needed. Expects any value. */
export function queueFindings(
  config: Readonly<Record<string, unknown>>,
  writes: readonly Entry[],
  routes: readonly Entry[],
): Findings {
  const isQueued = ({ options }: Entry): boolean => isRecord(options) && options['offline'] === 'queue'
  const queued = writes.filter(isQueued)
  return {
    problems: [
      ...writes.filter((write) => !isQueued(write)).flatMap(unqueued),
      ...queued.flatMap(session),
      ...queued.flatMap(unknownId),
      ...queued.flatMap(witnessElsewhere),
      ...otherIds(queued),
      ...unusedOutbox(config, queued),
      ...crossedWaits(config),
      ...unknownEntities(config, queued),
    ],
    warnings: [...oneForAll(config, queued, writes), ...queued.flatMap((write) => asking(write, routes))],
  }
}

/** Users sign in, and the rules do not tell them apart: whose cookie is there when a write is sent is not known (I3). */
function oneForAll(
  { identity }: Readonly<Record<string, unknown>>,
  queued: readonly Entry[],
  writes: readonly Entry[],
): Problem[] {
  const signsIn = writes.find(({ options }) => isRecord(options) && options['session'] !== undefined)
  return identity === 'none' && queued.length > 0 && signsIn !== undefined
    ? [
        problem(
          'identity',
          identity,
          `\`by\`, as ${signsIn.path} says that users sign in: what one of them has queued is sent with the cookie of the next`,
        ),
      ]
    : []
}

/** Options of a queue on a write that has none. */
const unqueued = ({ path, options }: Entry): Problem[] =>
  isRecord(options)
    ? OF_QUEUE.filter((name) => options[name] !== undefined).map((name) =>
        problem(`${path}.${name}`, options[name], "offline: 'queue' beside it"),
      )
    : []

/** A sign-in or sign-out that would come later than what it is about. */
const session = ({ path, options }: Entry): Problem[] =>
  isRecord(options) && options['session'] !== undefined
    ? [problem(`${path}.offline`, 'queue', 'no session beside it: what signs a user in or out cannot wait')]
    : []

/** An id that is no parameter. */
function unknownId({ path, options, patterns }: Entry): Problem[] {
  const id = isRecord(options) ? options['id'] : undefined
  const known = [...new Set(patterns.flatMap(({ text }) => paramsOf(text)))].map((name) => `:${name}`)
  if (typeof id !== 'string' || patterns.length === 0 || known.includes(id)) return []
  const expected = known.length > 0 ? `a parameter of match: ${known.join(', ')}` : 'no id: match has no parameters'
  return [problem(`${path}.id`, id, expected, nearest(id, known))]
}

/** Writes of one entity whose rows would have their ids in different members: they are folded over the same rows. */
function otherIds(queued: readonly Entry[]): Problem[] {
  const first = new Map<unknown, unknown>()
  return queued.flatMap(({ path, options }) => {
    const { entity, idMember = 'id' } = isRecord(options) ? options : {}
    if (entity === undefined) return []
    const expected = first.get(entity) ?? idMember
    first.set(entity, expected)
    return idMember === expected
      ? []
      : [problem(`${path}.idMember`, idMember, `'${String(expected)}', as for the other writes of '${String(entity)}'`)]
  })
}

/** A witness with a hole that `match` does not fill, or of another origin: the user's credentials are not for it. */
function witnessElsewhere({ path, options, patterns }: Entry): Problem[] {
  const given = isRecord(options) ? options['witness'] : undefined
  const url = isRecord(given) ? given['url'] : given
  if (typeof url !== 'string' || patterns.length === 0) return []
  const at = isRecord(given) ? `${path}.witness.url` : `${path}.witness`
  const filled = patterns.map(({ text }) => paramsOf(text))
  const holes = [...url.matchAll(HOLE)].map(([, name = '']) => name)
  const unknown = holes.find((name) => !filled.every((params) => params.includes(name)))
  if (unknown !== undefined) {
    const common = (filled[0] ?? []).filter((name) => filled.every((params) => params.includes(name)))
    const shown = common.map((name) => `{${name}}`).join(', ')
    return [problem(at, url, common.length > 0 ? `a parameter of each pattern of match: ${shown}` : 'no hole')]
  }
  const origin = url.startsWith('/') ? '' : (/^https?:\/\/[^/?]+/.exec(url)?.[0] ?? '')
  return patterns.some(({ extent }) => extent.origin !== origin)
    ? [problem(at, url, 'an address of the origin that `match` names: what is sent along is for that one alone')]
    : []
}

const unusedOutbox = ({ outbox }: Readonly<Record<string, unknown>>, queued: readonly Entry[]): Problem[] =>
  outbox === undefined || queued.length > 0
    ? []
    : [problem('outbox', outbox, "a write with offline: 'queue': nothing else is queued")]

/** Batches of what no queued write is of. */
function unknownEntities({ outbox }: Readonly<Record<string, unknown>>, queued: readonly Entry[]): Problem[] {
  const { batch } = isRecord(outbox) ? outbox : {}
  const { entities } = isRecord(batch) ? batch : {}
  const known = new Set(queued.flatMap(({ options }) => (isRecord(options) ? String(options['entity'] ?? '') : '')))
  known.delete('')
  return (isRecord(entities) ? Object.keys(entities) : [])
    .filter((name) => !known.has(name))
    .map((name) => {
      const names = [...known]
      const expected =
        names.length > 0 ? `the \`entity\` of a queued write: ${names.join(', ')}` : 'a queued write with an `entity`'
      return problem('outbox.batch.entities', name, expected, nearest(name, names))
    })
}

/** Waits of which the longest is shorter than the first. */
function crossedWaits({ outbox }: Readonly<Record<string, unknown>>): Problem[] {
  const { firstWait = '1s', longestWait = '5m' } = isRecord(outbox) ? outbox : {}
  const [first, longest] = [parseDuration(firstWait), parseDuration(longestWait)]
  return first === 'invalid' || longest === 'invalid' || first <= longest
    ? []
    : [
        problem(
          'outbox.longestWait',
          longestWait,
          `a duration of at least \`firstWait\`, which is ${String(firstWait)}`,
        ),
      ]
}

/** A POST or PATCH of which nothing can tell whether it was performed: the user is asked after each lost answer. */
function asking({ path, options, patterns }: Entry, routes: readonly Entry[]): Problem[] {
  if (!isRecord(options) || (options['idempotent'] !== undefined && options['idempotent'] !== false)) return []
  const witness = options['witness']
  if (witness !== undefined && witness !== false && !(isRecord(witness) && witness['url'] === undefined)) return []
  const reads = routes.flatMap((route) => route.patterns)
  const isRead = ({ extent }: Place): boolean =>
    witness !== false && reads.some((read) => covers(read.extent, { ...extent, method: 'GET' }))
  return patterns.some((each) => /^(?:POST|PATCH)?$/.test(each.extent.method) && !isRead(each))
    ? [
        problem(
          `${path}.idempotent`,
          options['idempotent'],
          'the key that the backend honours, or a `witness`: without either the user is asked what became of a POST or PATCH whose answer was lost',
        ),
      ]
    : []
}
