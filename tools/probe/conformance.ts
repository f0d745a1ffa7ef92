import * as v from 'valibot'
import { BUCKETS, bucketOf, bucketSums, type RowVersion } from '../../sw/core/digest.ts'
import { parseVersions } from '../../sw/core/versions.ts'
import type { Finding } from './finding.ts'

export interface ConformanceOptions {
  /** The address of the first load: `/sync?entities=products`. Default: nothing is asked of `/sync`. */
  readonly sync?: URL | undefined
  /** Light endpoints, with the entities that rules name of them. */
  readonly versions?: readonly { readonly url: URL; readonly entity: string | undefined }[]
  /** The first user's fields, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The second user's. Default: there is none. */
  readonly others?: Readonly<Record<string, string>> | undefined
  /** For an answer. Unit: milliseconds. */
  readonly answerMs: number
}

/** What is to be said of one address of the protocol. */
interface Judged {
  readonly url: string
  readonly status: number | undefined
  readonly findings: readonly Finding[]
}

/** More pages than this are not drained: then totals are not compared. */
const MAX_PAGES = 200

const ROW = v.looseObject({ id: v.union([v.string(), v.number()]) })
const ANSWER = v.object({
  since: v.nullable(v.string()),
  timestamp: v.pipe(v.string(), v.minLength(1)),
  hasMore: v.boolean(),
  behind: v.boolean(),
  retention: v.pipe(v.string(), v.regex(/^P(?=.)(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?$/)),
  data: v.record(
    v.string(),
    v.object({
      added: v.array(ROW),
      updated: v.array(ROW),
      deleted: v.array(v.string()),
      total: v.optional(v.number()),
      digest: v.optional(v.number()),
    }),
  ),
})
const COMPARISON = v.object({
  timestamp: v.string(),
  total: v.number(),
  buckets: v.array(v.object({ bucket: v.number(), rows: v.array(v.tuple([v.string(), v.string()])) })),
})
const ROWS = v.object({ rows: v.array(ROW) })

interface Answered {
  readonly status: number
  readonly fields: Headers
  readonly json: unknown
}

/**
 * Asks a backend what clients rely on in `/sync`, `/sync/compare`, `/sync/rows` and light endpoints. Nothing is changed by it:
 * the POSTs read.
 */
export async function conformance(options: ConformanceOptions): Promise<Judged[]> {
  const judged: Judged[] = []
  for (const each of options.versions ?? []) judged.push(await askVersions(each, options))
  if (options.sync !== undefined) judged.push(...(await askSync(options.sync, options)))
  return judged
}

const problem = (code: string, message: string): Finding => ({ severity: 'problem', code, message })
const warning = (code: string, message: string): Finding => ({ severity: 'warning', code, message })

async function ask(
  url: URL,
  headers: Readonly<Record<string, string>>,
  answerMs: number,
  body?: unknown,
): Promise<Answered | undefined> {
  const sent = { accept: 'application/json', ...headers }
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(answerMs),
      ...(body === undefined
        ? { headers: sent }
        : {
            method: 'POST',
            headers: { ...sent, 'content-type': 'application/json' },
            body: JSON.stringify(body),
          }),
    })
    const text = await response.text()
    return { status: response.status, fields: response.headers, json: parsed(text) }
  } catch {
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function askVersions(
  { url, entity }: { readonly url: URL; readonly entity: string | undefined },
  { headers, others, answerMs }: ConformanceOptions,
): Promise<Judged> {
  const first = await ask(url, headers, answerMs)
  const at = url.pathname + url.search
  if (first === undefined) return { url: at, status: undefined, findings: [silent] }
  const findings: Finding[] = []
  const versions = first.status === 200 ? parseVersions(first.json, entity) : undefined
  if (versions === undefined) {
    const member = entity === undefined ? '' : ` in its member ${entity}`
    const shape = 'a text, a number, or a list of { id, updatedAt } without an id twice'
    findings.push(problem('versions-shape', `answers ${first.status} and no version${member}: ${shape} is expected`))
    return { url: at, status: first.status, findings }
  }
  findings.push(...personal(first, headers, 'versions'))
  const again = await ask(url, headers, answerMs)
  if (again !== undefined && JSON.stringify(again.json) !== JSON.stringify(first.json))
    findings.push(
      warning(
        'versions-changing',
        'says something else each time: then each validation fetches, unless data changed just now',
      ),
    )
  findings.push(...(await openTo(url, first, headers, answerMs, 'versions')))
  if (others !== undefined) {
    const other = await ask(
      url,
      { ...headers, ...others, 'if-none-match': first.fields.get('etag') ?? '"none"' },
      answerMs,
    )
    if (other?.status === 304 && first.fields.has('etag'))
      findings.push(
        warning(
          'versions-shared-tag',
          'answers 304 to a second user for the ETag of the first: right only where both see the same',
        ),
      )
  }
  return { url: at, status: first.status, findings }
}

const silent = warning('no-answer', 'gave no answer')

/** A user's answer must not lie in a cache on the way. */
const personal = ({ fields }: Answered, headers: Readonly<Record<string, string>>, what: string): Finding[] =>
  /\b(?:no-store|private)\b/.test(fields.get('cache-control') ?? '') || Object.keys(headers).length === 0
    ? []
    : [
        problem(
          `${what}-cacheable`,
          'does not say `private` or `no-store`: a cache on the way may hand it to another user',
        ),
      ]

async function openTo(
  url: URL,
  first: Answered,
  headers: Readonly<Record<string, string>>,
  answerMs: number,
  what: string,
): Promise<Finding[]> {
  if (Object.keys(headers).length === 0) return []
  const anonymous = await ask(url, {}, answerMs)
  return anonymous?.status === 200 && JSON.stringify(anonymous.json) === JSON.stringify(first.json)
    ? [problem(`${what}-open`, 'answers the same without credentials')]
    : []
}

const withQuery = (url: URL, more: Readonly<Record<string, string>>): URL => {
  const changed = new URL(url)
  for (const [name, value] of Object.entries(more)) changed.searchParams.set(name, value)
  return changed
}

async function askSync(url: URL, options: ConformanceOptions): Promise<Judged[]> {
  const { headers, others, answerMs } = options
  const get = (more: Readonly<Record<string, string>>, as = headers): Promise<Answered | undefined> =>
    ask(withQuery(url, more), as, answerMs)
  const first = await get({})
  const at = url.pathname + url.search
  if (first === undefined) return [{ url: at, status: undefined, findings: [silent] }]
  const findings: Finding[] = []
  const held = new Map<string, Map<string, Readonly<Record<string, unknown>>>>()
  const say = (given: Finding): void => {
    if (!findings.some(({ code }) => code === given.code)) findings.push(given)
  }
  let cursor: string | null = null
  let isWhole = false
  let answered: Answered | undefined = first
  for (let page = 0; page < MAX_PAGES && answered !== undefined; page++) {
    const { status, json }: Answered = answered
    const read = v.safeParse(ANSWER, json)
    if (status !== 200 || !read.success) {
      const why = read.success ? '' : `: ${v.getDotPath(read.issues[0]) ?? 'the body'}: ${read.issues[0].message}`
      say(problem('sync-shape', `answers ${status}${why}`))
      break
    }
    const { since, timestamp, hasMore, behind, data }: v.InferOutput<typeof ANSWER> = read.output
    if (since !== cursor)
      say(problem('sync-echo', 'does not repeat the `since` that it was asked with: clients refuse it'))
    for (const [entity, { added, updated, deleted, total }] of Object.entries(data)) {
      const rows = held.get(entity) ?? new Map<string, Readonly<Record<string, unknown>>>()
      held.set(entity, rows)
      const ids = [...added, ...updated].map(({ id }) => String(id)).concat(deleted)
      if (new Set(ids).size < ids.length) say(problem('sync-twice', `names an id of ${entity} twice in one answer`))
      for (const row of [...added, ...updated]) rows.set(String(row.id), row)
      for (const id of deleted) rows.delete(id)
      if (total !== undefined && total !== rows.size)
        say(problem('sync-total', `says that ${entity} has ${total} rows, and has given ${rows.size}`))
    }
    if (timestamp === cursor && hasMore) {
      say(problem('sync-stuck', 'says `hasMore`, and its next cursor is the one that it was asked with'))
      break
    }
    cursor = timestamp
    isWhole = !hasMore && !behind
    if (!hasMore) break
    answered = await get({ since: timestamp })
  }
  const names = (url.searchParams.get('entities') ?? '').split(',').filter((name) => !held.has(name))
  if (names.length > 0) say(problem('sync-shape', `says nothing of ${names.join(', ')} in \`data\``))
  if (!/\bno-store\b/.test(first.fields.get('cache-control') ?? ''))
    say(
      problem(
        'sync-cacheable',
        'does not say `no-store`: a cache on the way may answer with the changes of another time',
      ),
    )
  const wrong = await get({ since: 'no-cursor' })
  if (wrong !== undefined && ![400, 410].includes(wrong.status))
    say(
      problem(
        'sync-bad-cursor',
        `answers ${wrong.status} to a cursor that is none: 400 or 410 is expected, never all rows`,
      ),
    )
  else if (wrong !== undefined && !isProblem(wrong))
    say(warning('sync-bad-cursor', 'does not answer a wrong cursor with problem+json and `no-store`'))
  const unknown = await get({ entities: 'no-such-entity' })
  if (unknown !== undefined && (unknown.status < 400 || unknown.status > 499))
    say(problem('sync-unknown-entity', `answers ${unknown.status} to an entity that is none: 400 is expected`))
  for (const finding of await openTo(url, first, headers, answerMs, 'sync')) say(finding)
  if (others !== undefined && cursor !== null) {
    const other = await get({ since: cursor }, { ...headers, ...others })
    if (other?.status === 200)
      say(
        warning('sync-scope', "takes the first user's cursor from the second: right only where both see the same rows"),
      )
  }
  const path = (end: string): URL => new URL(`${url.pathname.replace(/\/$/, '')}/${end}`, url)
  const compared = isWhole ? await askCompare(path('compare'), path('rows'), held, options) : []
  return [{ url: at, status: first.status, findings }, ...compared]
}

const isProblem = ({ fields }: Answered): boolean =>
  /^application\/problem\+json\b/.test(fields.get('content-type') ?? '') &&
  /\bno-store\b/.test(fields.get('cache-control') ?? '')

async function askCompare(
  compareUrl: URL,
  rowsUrl: URL,
  held: ReadonlyMap<string, ReadonlyMap<string, Readonly<Record<string, unknown>>>>,
  { headers, answerMs }: ConformanceOptions,
): Promise<Judged[]> {
  const findings: Finding[] = []
  const [found] = held
  if (found === undefined) return []
  const [entity, rows] = found
  const compare = (versions: readonly RowVersion[]): Promise<Answered | undefined> =>
    ask(compareUrl, headers, answerMs, { entity, sums: base64(bucketSums(versions)) })
  const first = await compare([])
  const comparison = v.safeParse(COMPARISON, first?.json)
  const at = { url: compareUrl.pathname, status: first?.status }
  if (first?.status === 404) {
    const message = 'is not there: what retention, a restored backup or drift costs is a full load'
    return [{ ...at, findings: [warning('compare-missing', message)] }]
  }
  if (first === undefined || !comparison.success)
    return [{ ...at, findings: [problem('compare-shape', `answers ${first?.status ?? 'nothing'} to an empty client`)] }]
  const named = comparison.output.buckets.flatMap((bucket) => bucket.rows)
  if (comparison.output.total !== rows.size || named.length !== rows.size)
    findings.push(
      problem(
        'compare-total',
        `names ${named.length} rows and says ${comparison.output.total}, where /sync gave ${rows.size}`,
      ),
    )
  if (comparison.output.buckets.some((bucket) => bucket.rows.some(([id]) => bucketOf(id) !== bucket.bucket)))
    findings.push(problem('compare-bucket', 'has a row in a bucket that is not of its id: see the hash in backend.md'))
  const same = v.safeParse(COMPARISON, (await compare(named.map(([id, version]) => ({ id, version }))))?.json)
  if (!same.success || same.output.buckets.length > 0)
    findings.push(problem('compare-differs', 'finds differences in what it has named itself a moment ago'))
  const [id] = rows.keys()
  if (id !== undefined) {
    const read = v.safeParse(ROWS, (await ask(rowsUrl, headers, answerMs, { entity, ids: [id, 'no-such-id'] }))?.json)
    if (!read.success || read.output.rows.length !== 1 || String(read.output.rows[0]?.id) !== id)
      findings.push(problem('rows-shape', `${rowsUrl.pathname} does not give the one row that it was asked for`))
  }
  return [{ ...at, findings }]
}

function base64(sums: Uint32Array): string {
  const bytes = Buffer.alloc(BUCKETS * 4)
  for (const [bucket, sum] of sums.entries()) bytes.writeUInt32LE(sum, bucket * 4)
  return bytes.toString('base64')
}
