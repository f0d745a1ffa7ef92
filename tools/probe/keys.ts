import { matcherOf, type QueueRule, type Rules } from '../../config/language/index.ts'
import { idempotencyField, type Idempotency } from '../../sw/core/outbox/idempotency.ts'
import { exchange, type Exchange, type NoAnswer, type Patience } from './exchange.ts'
import { type Finding, hint, problem, warning } from './finding.ts'

/** A write that the probe may perform: once, where the backend keeps what the rules say of it. */
interface Given {
  readonly method: string
  readonly path: string
  readonly body: string | undefined
}

/** Statuses that say that the first request with a key is under way. */
const IS_RUNNING = new Set([409, 423, 425, 429, 503])

/**
 * Whether a backend honours the keys of writes: sends each of these writes three times with one key, the first two at the same
 * time. A backend that honours the key performs it once.
 *
 * @param writes each as `POST /api/sales {"amount":1}`
 * @throws one line, where one of them cannot be read, or no rule queues it
 */
export async function honoursKeys(
  rules: Rules,
  origin: string,
  headers: Readonly<Record<string, string>>,
  patience: Patience,
  writes: readonly string[],
): Promise<Finding[]> {
  const match = matcherOf(rules)
  const findings: Finding[] = []
  for (const text of writes) {
    const given = givenIn(text)
    const url = new URL(given.path, origin)
    const { pathname, search } = url
    const found =
      url.origin === origin ? match({ method: given.method, origin, sameOrigin: true, pathname, search }) : undefined
    const queue = found?.kind === 'write' ? found.rule.queue : undefined
    if (queue === undefined)
      throw new Error(`--write is ${text}: no rule of this backend queues it (\`offline: 'queue'\`)`)
    const { idempotency } = queue
    const said =
      idempotency === undefined
        ? hint('key-unused', `${nameOf(given)}: its rule names no key (\`idempotent\`), so it was not sent.`)
        : await judged(given, url, queue, idempotency, headers, patience)
    if (said !== undefined) findings.push(said)
  }
  return findings
}

/** Undefined: the key is honoured. */
async function judged(
  given: Given,
  url: URL,
  { idMember }: QueueRule,
  idempotency: Idempotency,
  headers: Readonly<Record<string, string>>,
  patience: Patience,
): Promise<Finding | undefined> {
  const name = nameOf(given)
  const [field, key] = idempotencyField(idempotency, crypto.randomUUID())
  const type = given.body === undefined ? {} : { 'content-type': 'application/json' }
  const fields = { accept: 'application/json', ...type, ...headers, [field]: key }
  const send = (): Promise<Exchange | NoAnswer> => exchange(url, fields, patience, given.method, given.body)
  const together = await Promise.all([send(), send()])
  const last = await send()
  const all = [...together, last]
  const silent = all.find((answer) => 'error' in answer)
  if (silent !== undefined)
    return warning(
      'key-no-answer',
      `${name} gave no answer (${silent.error}), so it is not known whether ${field} is honoured.`,
    )
  const answers = all.filter((answer) => 'status' in answer)
  const performed = answers.filter(({ status }) => status < 300)
  const [first] = performed
  if (first === undefined)
    return warning(
      'key-refused',
      `${name} answers ${answers[0]?.status}: give a body by --write that the backend takes, and a user by --header.`,
    )
  const other = answers.find(({ status }, at) => status >= 300 && !(at < 2 && IS_RUNNING.has(status)))
  if (other !== undefined)
    return problem(
      'key-not-replayed',
      `${name}: another attempt with the same ${field} is answered ${other.status}, and not as the first one. A write whose answer was lost is given up then: answer it as the first time, or take \`idempotent\` from the rule and name a \`witness\`.`,
    )
  const ids = new Set(performed.map((answer) => identityOf(answer, idMember)))
  if (ids.size > 1)
    return problem(
      'key-not-honoured',
      `${name}: sent ${answers.length} times with the same ${field}, it was performed ${ids.size} times (${[...ids].join(', ')}). Each lost answer would double it: honour the key, or take \`idempotent\` from the rule and name a \`witness\`.`,
    )
  return ids.has(NOTHING)
    ? warning(
        'key-unseen',
        `${name} answers without a body or a Location, so it cannot be seen whether ${field} is honoured: look into the database whether it was performed once.`,
      )
    : undefined
}

const NOTHING = 'no body'

/** What tells one performed write from another. */
function identityOf({ fields, text = '', digest, size }: Exchange, idMember: string): string {
  const id = writtenIdIn(text, idMember)
  if (id !== undefined) return id
  return fields.get('location') ?? (size > 0 ? digest : NOTHING)
}

/** The id of the row that the answer to a write gives, wrapped in a member or not. As JSON: 7 is not "7". */
function writtenIdIn(text: string, idMember: string): string | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    const rows = [answer, ...(isObject(answer) ? Object.values(answer) : [])]
    const row = rows.filter(isObject).find((each) => Object.hasOwn(each, idMember))
    return row && JSON.stringify(row[idMember])
  } catch {
    return undefined
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const nameOf = ({ method, path }: Given): string => `${method} ${path}`

function givenIn(text: string): Given {
  const [, method, path, body] = /^([A-Z]+)\s+(\/\S*)(?:\s+(.+))?$/s.exec(text) ?? []
  if (method === undefined || path === undefined || (body !== undefined && !isJson(body)))
    throw new Error(
      `--write is ${text}: give a method, a path and a body in JSON, such as 'POST /api/sales {"amount":1}'`,
    )
  return { method, path, body }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
