import { REMEDIES } from '../../app/tab/remedies.ts'
import type { Identity, Rule } from '../../config/language/index.ts'
import { directivesOf } from '../../sw/core/cache-control.ts'
import { entityTag, isStrong, weakMatch } from '../../sw/core/entity-tag.ts'
import { listed, type RequestHead, type ResponseHead } from '../../sw/core/head.ts'
import { parseHttpDate } from '../../sw/core/http-date.ts'
import { obstructingField } from '../../sw/core/obstacle.ts'
import { notStorable } from '../../sw/core/storable.ts'
import { TARGETED_FIELD } from '../../sw/core/targeted.ts'
import { epochMs } from '../../sw/core/units.ts'
import { AT_ONCE_MS, type Exchange, MAX_BYTES } from './exchange.ts'

/** What is to be said of an address. `problem`: the rules may not be used so. `hint`: may be as it is meant. */
export interface Finding {
  readonly severity: 'problem' | 'warning' | 'hint'
  /** A short name that does not change. */
  readonly code: string
  readonly message: string
}

/** The answers to one address. Those that were not asked for, or did not come, are absent. */
export interface Answers {
  readonly url: string
  /** As a page of the first user asks. */
  readonly plain: Exchange
  /** The same once more, with the conditions that the validators of `plain` allow. */
  readonly again?: Exchange | undefined
  /** Without content coding. */
  readonly uncoded?: Exchange | undefined
  /** As a document is asked for. */
  readonly asDocument?: Exchange | undefined
  /** Without any credential. */
  readonly anonymous?: Exchange | undefined
  /** As a second user. */
  readonly other?: Exchange | undefined
  /** From a page of another origin. */
  readonly foreign?: Exchange | undefined
}

export interface Asker {
  readonly identity: Identity
  /** The rule that covers the address; undefined: none does. */
  readonly rule: Rule | undefined
  /** The fields of the first user's requests, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The origin of the pages, where it is another one. */
  readonly pages?: string | undefined
}

/** So far a clock may be off before anything is said, in milliseconds. */
const SKEW_MS = 60_000
/** So long an answer may take before anything is said, in milliseconds. */
const SLOW_MS = 2000
/** A stream that ends earlier than this may well have had nothing to wait for, in milliseconds. */
const SHORT_MS = 500

/** What is to be said of an address, by the answers to it. Pure. */
export function judge(answers: Answers, asker: Asker): Finding[] {
  const { plain } = answers
  const isStream = mediaTypeOf(plain) === 'text/event-stream'
  if (plain.status >= 400) return [refused(plain, asker)]
  if (plain.status >= 300) return [redirected(plain, answers.url, asker)]
  if (isStream) return [...streamed(plain), ...(asker.rule ? stored(answers, asker) : [])]
  return [
    ...(asker.rule === undefined ? [] : [...stored(answers, asker), ...typed(plain, asker.rule)]),
    ...madeDictionary(answers, asker),
    ...people(answers, asker),
    ...validated(answers, asker),
    ...varied(answers, asker),
    ...shared(answers, asker),
    ...clocked(plain),
    ...timed(plain, asker),
  ]
}

const problem = (code: string, message: string): Finding => ({ severity: 'problem', code, message })
const warning = (code: string, message: string): Finding => ({ severity: 'warning', code, message })
const hint = (code: string, message: string): Finding => ({ severity: 'hint', code, message })

const mediaTypeOf = ({ fields }: Exchange): string =>
  (fields.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''

const isPersonal = ({ identity, rule }: Asker): boolean => identity !== 'none' && rule?.public !== true

const hasCredentials = ({ headers }: Asker): boolean => 'authorization' in headers || 'cookie' in headers

function refused({ status }: Exchange, asker: Asker): Finding {
  const { rule } = asker
  if (status !== 401 && status !== 403) {
    const change = status === 404 ? 'name an address that the backend has by --url' : 'see the log of the backend'
    return warning('status', `answers ${status}, so nothing more can be said: ${change}.`)
  }
  if (hasCredentials(asker))
    return warning('refused', `answers ${status} to the credentials of --header: are they valid?`)
  if (rule === undefined || isPersonal(asker))
    return hint(
      'sign-in',
      `answers ${status} without credentials. --header 'Authorization: …' or 'Cookie: …' looks further.`,
    )
  const given = asker.identity === 'none' ? "identity is 'none'" : 'the rule is `public`'
  return warning(
    'identity',
    `answers ${status} without credentials, so its answers are personal, but ${given}: tell users apart by \`identity\`${asker.identity === 'none' ? '' : ', and take `public` off the rule'}.`,
  )
}

function redirected({ status, fields }: Exchange, url: string, { rule }: Asker): Finding {
  const to = fields.get('location') ?? ''
  const target = URL.canParse(to, url) ? new URL(to, url) : undefined
  const from = new URL(url)
  const bare = (path: string): string => path.replace(/\/$/, '')
  if (target?.origin === from.origin && bare(target.pathname) === bare(from.pathname))
    return hint(
      'redirect',
      `sends on to ${to} (${status}): its answer is stored, but each request is two. Ask for that address.`,
    )
  const what = rule === undefined ? 'no worker stores such an answer' : 'the rule stores nothing'
  return warning('redirect', `sends on to ${to} (${status}), so ${what}: read that address, and write a rule for it.`)
}

/** Whether a proxy holds an event stream back. */
function streamed({ firstByteMs, endMs, headMs }: Exchange): Finding[] {
  const cure =
    'switch its buffering off for this path (nginx: `proxy_buffering off`, or the field `X-Accel-Buffering: no`)'
  const firstMs = firstByteMs ?? headMs
  if (firstByteMs === undefined && endMs === undefined)
    return [
      hint(
        'stream-silent',
        `no byte of the event stream came: nothing to say yet, or a proxy holds it back. Then ${cure}.`,
      ),
    ]
  if (endMs !== undefined && endMs - firstMs < AT_ONCE_MS && endMs > SHORT_MS)
    return [
      warning(
        'stream-buffered',
        `the event stream came all at once at its end, after ${inSeconds(endMs)}: a proxy holds it back. ${cure.replace(/^s/, 'S')}.`,
      ),
    ]
  return []
}

/** Why the rule stores nothing of the answer, by the worker's own function; and what else the rule may not want. */
function stored({ url, plain }: Answers, { rule, headers, identity }: Asker): Finding[] {
  const request: RequestHead = {
    method: 'GET',
    url,
    fields: new Map(Object.entries(headers)),
    cache: 'default',
    ofToken: identity !== 'none' && identity.by.includes('authorization'),
  }
  const head: ResponseHead = {
    status: plain.status,
    statusText: '',
    fields: plain.fields,
    redirected: false,
    opaque: false,
  }
  const findings: Finding[] = []
  const why = notStorable(request, head, rule?.heuristic !== undefined)
  if (why !== undefined)
    findings.push(warning(why, REMEDIES[why]?.(obstructingField(why, head) ?? '', []) ?? `stores nothing: ${why}.`))
  if (plain.size > MAX_BYTES) findings.push(warning('too-large', REMEDIES['too-large']?.('', []) ?? ''))
  const cookies = plain.fields.get('set-cookie')?.split('\n') ?? []
  if (cookies.length > 0)
    findings.push(
      hint(
        'set-cookie',
        `sets a cookie (${cookies.map((cookie) => cookie.split('=')[0]).join(', ')}), which happens only when the origin is asked. Set it with an answer that no rule keeps (\`preset: 'network-only'\`).`,
      ),
    )
  const { noCache, mustRevalidate, maxAge } = directivesOf({ ...head, targeted: targetedAt(plain, rule) })
  const isLimited = noCache || mustRevalidate || maxAge === 0
  const field = `\`Cache-Control: ${targetedAt(plain, rule) ?? plain.fields.get('cache-control')}\``
  if (why === undefined && rule !== undefined) {
    if (isLimited && rule.fresh === 'http')
      findings.push(
        warning(
          'no-freshness',
          `says ${field} and the rule leaves \`fresh\` to HTTP: each use is validated. Give \`fresh\` a duration, or change the field at the backend.`,
        ),
      )
    else if (isLimited && rule.trust === 'rule' && rule.fresh !== 0)
      findings.push(
        hint(
          OVERRIDDEN,
          `says ${field}, and the rule's durations have the last word. \`trust: 'http'\` lets the field decide.`,
        ),
      )
    else if (
      rule.fresh === 'http' &&
      maxAge === undefined &&
      !plain.fields.has('expires') &&
      rule.heuristic === undefined
    )
      findings.push(
        warning(
          'no-freshness',
          'does not say how long it is fresh, and the rule leaves `fresh` to HTTP: each use is validated. Give `fresh` a duration, or send `max-age`.',
        ),
      )
  }
  return findings
}

/** What the layer's own field says in place of `Cache-Control`, where the worker reads it. */
export const targetedAt = ({ fields }: Exchange, rule: Rule | undefined): string | undefined =>
  rule?.fresh === 'http' || rule?.askedWith !== undefined ? fields.get(TARGETED_FIELD) : undefined

/** The code of what is said where a rule's duration overrides the backend. */
export const OVERRIDDEN = 'overridden'

function typed(plain: Exchange, { expects }: Rule): Finding[] {
  const type = mediaTypeOf(plain)
  if (plain.status === 204 || expects === undefined || expects.test(type)) return []
  return [warning('unexpected-type', REMEDIES['unexpected-type']?.(`content-type: ${type}`, []) ?? '')]
}

/** Below this length `dictionaries()` of the kit leaves an answer alone. Unit: bytes. */
const LEAST_DICTIONARY = 1000

/** Whether the answer becomes a dictionary where the rule asks for it. */
function madeDictionary({ plain }: Answers, { rule }: Asker): Finding[] {
  const isAsked = rule?.dictionary !== undefined && rule.dictionary !== false
  if (!isAsked || plain.size < LEAST_DICTIONARY || plain.fields.has('use-as-dictionary')) return []
  return [
    warning(
      'no-dictionary',
      'does not become a dictionary, though the rule says `dictionary`: have `dictionaries()` of freshlayer/server make this answer, or take the option off the rule. An answer with `no-store` or `no-transform` is left out.',
    ),
  ]
}

/** The same answer came twice: what differs from it differs by who asks, and not by time. */
const isSteady = ({ plain, again }: Answers): boolean =>
  again !== undefined && (again.status === 304 || again.digest === plain.digest)

/** Whether answers differ by user, and what the rules make of it. */
function people(answers: Answers, asker: Asker): Finding[] {
  const { plain, anonymous, other } = answers
  const { rule } = asker
  if (!isSteady(answers)) return []
  const findings: Finding[] = []
  const isOthers = other !== undefined && other.status < 300 && other.digest !== plain.digest
  const isOpen = anonymous !== undefined && anonymous.status < 300
  const isSigned = isOpen && anonymous.digest !== plain.digest
  const isClosed = anonymous !== undefined && [401, 403].includes(anonymous.status)
  if (rule !== undefined && !isPersonal(asker)) {
    const by = asker.identity === 'none' ? "identity is 'none'" : 'the rule is `public`'
    const cure = asker.identity === 'none' ? 'tell users apart by `identity`' : 'take `public` off the rule'
    if (isOthers || isSigned)
      findings.push(
        problem(
          'leak',
          `answers ${isOthers ? 'two users' : 'with and without credentials'} differently, but ${by}: one user would be shown the answer to another. ${cure.replace(/^t/, 'T')}.`,
        ),
      )
    else if (isClosed)
      findings.push(
        warning(
          'identity',
          `answers ${anonymous.status} without credentials, so its answers are personal, but ${by}: ${cure}.`,
        ),
      )
  }
  if (rule !== undefined && isPersonal(asker) && isOpen && !isSigned && (other === undefined || !isOthers))
    findings.push(
      hint(
        'public',
        'is the same without credentials. `public: true` lets all users share one stored answer, where it always is.',
      ),
    )
  findings.push(...nobodys(asker))
  const varies = listed(plain.fields.get('vary')?.toLowerCase())
  const { private: isPrivate, noStore } = directivesOf({ fields: plain.fields, targeted: undefined })
  const name = 'cookie' in asker.headers && !('authorization' in asker.headers) ? 'Cookie' : 'Authorization'
  if ((isOthers || isSigned) && !varies.includes(name.toLowerCase()) && !varies.includes('*') && !isPrivate && !noStore)
    findings.push(
      hint(
        'vary-user',
        `differs by user without saying \`Vary: ${name}\` or \`private\`. The worker tells users apart by \`identity\`, but a shared cache in front may not: let the backend say it.`,
      ),
    )
  return findings
}

/** What was asked for without credentials names no user, unless the page does. */
function nobodys(asker: Asker): Finding[] {
  const { identity, rule } = asker
  if (identity === 'none' || rule === undefined || rule.public || hasCredentials(asker)) return []
  // Alone, this way counts a request without a token as nobody's.
  if (identity.by.every((way) => way === 'authorization')) return []
  return [
    hint(
      'no-identity',
      "is answered without credentials. Where the app asks so, the user is not known and nothing is stored: make it `public: true` where all users get the same, name the user (`connect({ identify })`, a token, `identity.echo`), or tell users apart by 'authorization' alone, which keeps such answers as nobody's.",
    ),
  ]
}

/** Whether an unchanged answer costs a 304, or the whole. */
function validated(answers: Answers, { rule }: Asker): Finding[] {
  const { plain, again, uncoded } = answers
  const [tag, modified] = [entityTag(plain.fields.get('etag')), plain.fields.get('last-modified')]
  const given = plain.fields.get('etag')
  const findings: Finding[] = []
  if (given !== undefined && tag === undefined)
    findings.push(
      warning(
        'etag-invalid',
        `sends \`ETag: ${given}\`, which is not in quotes and cannot be compared. Send \`"…"\` (RFC 9110 §8.8.3).`,
      ),
    )
  else if (tag === undefined && modified === undefined) {
    if (rule !== undefined)
      findings.push(
        hint(
          'no-validator',
          'sends no ETag and no Last-Modified: each validation brings the whole answer. Let the backend send an ETag, and answer If-None-Match with 304.',
        ),
      )
  } else if (again !== undefined && again.status === 200) {
    const said = entityTag(again.fields.get('etag'))
    const asked = tag === undefined ? 'If-Modified-Since' : 'If-None-Match'
    if (again.digest === plain.digest && tag !== undefined && said !== undefined && !weakMatch(said, tag))
      findings.push(
        warning(
          'etag-changes',
          `sends another ETag for the same body (${tag}, then ${said}), so it never answers 304. Make it of the content, the same in each process.`,
        ),
      )
    else if (again.digest === plain.digest)
      findings.push(
        warning(
          'not-honoured',
          `answers ${asked} with 200 and the same body, not with 304${coding(plain)}. Let the backend compare ${tag === undefined ? 'the dates' : 'tags weakly, without `W/` and what a proxy adds'}.`,
        ),
      )
    else
      findings.push(
        hint(
          'changing',
          'differs at each request. Leave out what changes without a change of data (a time, a nonce), or an answer is never unchanged.',
        ),
      )
  }
  const plainTag = entityTag(uncoded?.fields.get('etag'))
  if (tag !== undefined && plainTag !== undefined && plainTag !== tag && weakMatch(tag, plainTag) && isStrong(plainTag))
    findings.push(
      hint(
        'etag-weak',
        `its ETag is weak because of \`Content-Encoding: ${plain.fields.get('content-encoding')}\` (${plainTag} without). ${again?.status === 304 ? 'It is answered with 304 all the same.' : 'The backend has to compare weakly, or the proxy to leave compression to it.'}`,
      ),
    )
  if (tag !== undefined && plainTag !== undefined && !weakMatch(tag, plainTag) && isSteady(answers))
    findings.push(
      hint(
        'etag-suffix',
        `a proxy that compresses changes its ETag (${plainTag} to ${tag})${again?.status === 304 ? ', and it is answered with 304 all the same' : ': Apache leaves it by `DeflateAlterETag NoChange`'}.`,
      ),
    )
  return findings
}

const coding = ({ fields }: Exchange): string => {
  const name = fields.get('content-encoding')
  return name === undefined ? '' : ` (it comes as ${name}: a proxy that compresses may have changed the tag)`
}

/** Fields by which the answer differs without saying so. */
function varied(answers: Answers, { rule }: Asker): Finding[] {
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

/** What pages of another origin can read. */
function shared({ plain, foreign }: Answers, { pages, headers }: Asker): Finding[] {
  if (pages === undefined) return []
  const at = (answer: Exchange, name: string): string | undefined => answer.fields.get(`access-control-${name}`)
  const allowed = at(plain, 'allow-origin')
  if (allowed === undefined || (allowed !== '*' && allowed !== pages))
    return [
      warning(
        'cors',
        `does not allow pages of ${pages} to read it (Access-Control-Allow-Origin: ${allowed ?? 'absent'}): allow that origin at the backend.`,
      ),
    ]
  const findings: Finding[] = []
  const exposed = listed(at(plain, 'expose-headers')?.toLowerCase())
  const isAll = exposed.includes('*') && !('cookie' in headers)
  const wanted = ['etag', 'date', 'age', 'cache-status', 'retry-after', 'vary'].filter(
    (name) => plain.fields.has(name) && !exposed.includes(name) && !isAll,
  )
  if (wanted.includes('etag'))
    findings.push(
      warning(
        'cors-hidden',
        `hides ${wanted.join(', ')} from pages of ${pages}: an unchanged answer cannot be told by its tag. Let the backend say \`Access-Control-Expose-Headers: ETag, Date\`.`,
      ),
    )
  const differs = foreign !== undefined && at(foreign, 'allow-origin') !== allowed
  if (differs && allowed !== '*' && !listed(plain.fields.get('vary')?.toLowerCase()).includes('origin'))
    findings.push(
      warning(
        'vary-origin',
        'names the origin of the page in Access-Control-Allow-Origin without saying `Vary: Origin`: a cache may give pages of one origin the answer to those of another. Let the backend say it.',
      ),
    )
  return findings
}

function clocked({ fields, atMs }: Exchange): Finding[] {
  const field = fields.get('date')
  if (field === undefined)
    return [
      hint(
        'no-date',
        'sends no Date: its age is counted from when it is received. Let the backend, or the proxy in front, send it.',
      ),
    ]
  const date = parseHttpDate(field, epochMs(atMs))
  if (date === 'invalid')
    return [warning('date', `sends \`Date: ${field}\`, which is no HTTP date: mend it at the backend.`)]
  // What a cache in front has kept for a while is that much older.
  const offMs = atMs - date - Number(fields.get('age') ?? 0) * 1000
  if (Math.abs(offMs) < SKEW_MS) return []
  return [
    warning(
      'date',
      `sends a Date that is ${inSeconds(Math.abs(offMs))} ${offMs > 0 ? 'behind' : 'ahead of'} this machine: windows end ${offMs > 0 ? 'early' : 'late'}. Set the clock of the backend (NTP).`,
    ),
  ]
}

function timed({ headMs, endMs = headMs }: Exchange, { rule }: Asker): Finding[] {
  if (rule !== undefined && rule.timeoutMs > 0 && endMs > rule.timeoutMs)
    return [
      warning(
        'slow',
        `took ${inSeconds(endMs)}, longer than the rule's \`timeout\` (${inSeconds(rule.timeoutMs)}): a stored answer stands in each time. Raise \`timeout\`, or give the rule \`stale\`.`,
      ),
    ]
  if (endMs < SLOW_MS) return []
  return [hint('slow', `took ${inSeconds(endMs)}: \`stale\` of the rule shows what is stored meanwhile.`)]
}

const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`
