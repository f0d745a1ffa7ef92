import { matcherOf, type Rules } from '../../config/language/index.ts'
import { directivesOf } from '../../sw/core/cache-control.ts'
import { entityTag } from '../../sw/core/entity-tag.ts'
import { conformance } from './conformance.ts'
import { type Address, addressesOf, type Unasked } from './addresses.ts'
import { assertListening, exchange, type Exchange, type NoAnswer, type Patience } from './exchange.ts'
import type { Answers } from './answers.ts'
import type { Finding } from './finding.ts'
import { honoursKeys } from './keys.ts'
import { judge } from './judge.ts'
import { clearedAtSignOut } from './sign-out.ts'
import { OVERRIDDEN, targetedAt } from './stored.ts'

export interface ProbeOptions {
  /** The backend, by any of its addresses. */
  readonly backend: string
  /** Paths to ask for besides those that the rules give. Default: none. */
  readonly urls?: readonly string[]
  /** The first user's fields, each as `Name: value`. Default: none. */
  readonly headers?: readonly string[]
  /** The second user's, in place of the first one's. Default: there is no second user. */
  readonly others?: readonly string[]
  /** The origin of the pages, where it is another one than the backend's. Default: the backend's. */
  readonly pages?: string | undefined
  /** Whether the sign-out of the rules is sent, where they keep dictionaries until then. It ends the session. Default: `false`. */
  readonly signOut?: boolean
  /** Where `/sync` is asked for its first load: `/sync?entities=products`. Default: it is not. */
  readonly sync?: string | undefined
  /** Writes that are performed, each as `POST /api/sales {"amount":1}`: whether their keys are honoured. Default: none. */
  readonly writes?: readonly string[]
  /** Default: 10 s for an answer, 5 s for the first byte of an event stream. */
  readonly patience?: Patience
}

/** What an address answered. */
interface Asked {
  readonly url: string
  /** The rule that covers it, by its index in `routes`; undefined: none does. */
  readonly route: number | undefined
  readonly status: number | undefined
  /** It is asked by the worker itself, to stay in step: no page reads it. Absent: pages do. */
  readonly protocol?: true
  readonly findings: readonly Finding[]
}

export interface Probed {
  readonly origin: string
  readonly asked: readonly Asked[]
  /** What was not asked, and why. */
  readonly unasked: readonly Unasked[]
  /** What holds for the backend as a whole. */
  readonly findings: readonly Finding[]
}

/** So many addresses are asked at the same time. */
const AT_ONCE = 4
const PATIENCE: Patience = { answerMs: 10_000, streamMs: 5000 }

/** As the usual libraries of apps say it. */
const ACCEPT = 'application/json, text/plain, */*'

/**
 * Asks a running backend what the rules want to know of it. Sends GET alone, but to `/sync/compare` and `/sync/rows`, and at
 * the end the writes that are given and the sign-out where that is wanted.
 *
 * @throws one line where the backend does not answer, or an option cannot be read
 */
export async function probe(rules: Rules, options: ProbeOptions): Promise<Probed> {
  const { urls = [], pages, patience = PATIENCE } = options
  const backend = addressOf('--probe', options.backend)
  const { origin } = backend
  const page = pages === undefined || addressOf('--origin', pages).origin === origin ? undefined : new URL(pages).origin
  const asPage = { accept: ACCEPT, 'accept-encoding': 'gzip', ...(page === undefined ? {} : { origin: page }) }
  const own = fieldsOf('--header', options.headers ?? [])
  const others = options.others === undefined ? undefined : fieldsOf('--as', options.others)
  await assertListening(backend)

  const known = new Map<string, Promise<Exchange | NoAnswer>>()
  const matches = matcherOf(rules)
  const plainOf = (url: URL): Promise<Exchange | NoAnswer> => {
    const { pathname, search } = url
    const rule = matches({ method: 'GET', origin, sameOrigin: true, pathname, search })
    const askedWith = rule?.kind === 'read' ? rule.rule.askedWith : undefined
    const fields = { ...asPage, ...own, ...Object.fromEntries(askedWith ?? []) }
    const asked = known.get(url.href) ?? exchange(url, fields, patience)
    known.set(url.href, asked)
    return asked
  }
  const { addresses, unasked } = await addressesOf(rules, origin, urls, async (url) => {
    const answer = await plainOf(url)
    return 'error' in answer || answer.status !== 200 ? undefined : answer.text
  })

  const answersOf = async (address: Address): Promise<readonly [Answers | NoAnswer, Address]> => {
    const { url, rule } = address
    const plain = await plainOf(url)
    if ('error' in plain) return [plain, address]
    const isStream = plain.fields.get('content-type')?.startsWith('text/event-stream') === true
    if (plain.status >= 300 || isStream) return [{ url: url.href, plain }, address]
    const ask = async (headers: Readonly<Record<string, string>>): Promise<Exchange | undefined> => {
      const answer = await exchange(url, headers, patience)
      return 'error' in answer ? undefined : answer
    }
    const user = { ...asPage, ...own }
    const answers: Answers = {
      url: url.href,
      plain,
      again: await ask({ ...user, ...conditionsOf(plain) }),
      uncoded: plain.fields.has('content-encoding') ? await ask({ ...user, 'accept-encoding': 'identity' }) : undefined,
      asDocument: rule === undefined ? undefined : await ask({ ...user, accept: 'text/html' }),
      anonymous: Object.keys(own).length > 0 ? await ask(asPage) : undefined,
      other: others === undefined ? undefined : await ask({ ...asPage, ...others }),
      foreign: page === undefined ? undefined : await ask({ ...user, origin: 'https://another.invalid' }),
    }
    return [answers, address]
  }
  const all = await inTurn(addresses, answersOf)
  const isLimited = all
    .filter(([answers]) => 'plain' in answers && answers.plain.status === 200)
    .map(([answers, { rule }]) => 'plain' in answers && says(answers.plain, rule))
  const isAlways = isLimited.length > 1 && isLimited.every(Boolean)
  const asked = all.map(([answers, { url, rule }]): Asked => {
    const at = { url: url.pathname + url.search, route: rule?.index }
    if ('error' in answers) return { ...at, status: undefined, findings: [silent(answers)] }
    const findings = judge(answers, { identity: rules.identity, rule, headers: own, pages: page })
    const isSaid = ({ code }: Finding): boolean => !isAlways || code !== OVERRIDDEN
    return { ...at, status: answers.plain.status, findings: findings.filter(isSaid) }
  })
  const protocol = await conformance({
    sync: options.sync === undefined ? undefined : syncOf(options.sync, origin),
    versions: lightEndpoints(rules, origin),
    headers: own,
    others,
    answerMs: patience.answerMs,
  })
  const spoken = protocol.map((each) => ({ ...each, route: undefined, protocol: true as const }))
  const { signOut = false } = options
  const general = isAlways ? [ALWAYS] : []
  const keys = await honoursKeys(rules, origin, own, patience, options.writes ?? [])
  const cleared = await clearedAtSignOut(rules, origin, own, patience, signOut)
  return { origin, asked: [...asked, ...spoken], unasked, findings: [...general, ...keys, ...cleared] }
}

/** The light endpoints of the rules, where nothing of a request is to be filled in. */
function lightEndpoints(rules: Rules, origin: string): { readonly url: URL; readonly entity: string | undefined }[] {
  const named = rules.routes.flatMap(({ versions }) => (versions === undefined ? [] : [versions]))
  const all = named.flatMap(({ url, entity }) => {
    const at = url.includes('{') ? undefined : new URL(url, origin)
    return at?.origin === origin ? [{ url: at, entity }] : []
  })
  return [...new Map(all.map((each) => [`${each.entity ?? ''} ${each.url.href}`, each])).values()]
}

/** @throws one line, where it names no entities */
function syncOf(text: string, origin: string): URL {
  const url = new URL(text, origin)
  if (url.origin !== origin || (url.searchParams.get('entities') ?? '') === '')
    throw new Error(`--sync is ${text}: give a path with its entities, such as '/sync?entities=products'`)
  return url
}

const ALWAYS: Finding = {
  severity: 'hint',
  code: OVERRIDDEN,
  message:
    "each answer of this backend says `no-cache`, `must-revalidate` or `max-age=0`. The rules' durations have the last word; windows that are 'http' are empty. `trust: 'http'` lets the fields decide.",
}

const says = (answer: Exchange, rule: Address['rule']): boolean => {
  const { noCache, mustRevalidate, maxAge } = directivesOf({
    fields: answer.fields,
    targeted: targetedAt(answer, rule),
  })
  return noCache || mustRevalidate || maxAge === 0
}

const silent = ({ error }: NoAnswer): Finding => ({
  severity: 'warning',
  code: 'no-answer',
  message: `gave no answer (${error}). Where it is an event stream, a proxy may hold it back: switch its buffering off.`,
})

/** The conditions that an answer's validators allow, as a worker sends them. */
function conditionsOf({ fields }: Exchange): Record<string, string> {
  const [tag, modified] = [entityTag(fields.get('etag')), fields.get('last-modified')]
  return {
    ...(tag === undefined ? {} : { 'if-none-match': tag }),
    ...(modified === undefined ? {} : { 'if-modified-since': modified }),
  }
}

function addressOf(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error(`${flag} is ${text}: give an address such as http://localhost:3000`)
  return url
}

/** Fields given as `Name: value`, by lower-case name. */
function fieldsOf(flag: string, lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w!#$%&'*+.^`|~-]+):\s*(.*)$/.exec(line) ?? []
      if (name === undefined || value === undefined || value === '')
        throw new Error(`${flag} has no value of the form 'Name: value', such as 'Authorization: Bearer …'`)
      return [name.toLowerCase(), value]
    }),
  )
}

/** Applies an action to each, a few at the same time, and keeps the order. */
async function inTurn<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await action(items[at] as T)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}
