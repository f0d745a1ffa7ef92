/** A document's content policies as the proxy sends them, and what its script needs for them. */
export interface Adjusted {
  /** The field; undefined: the document has none. */
  readonly policy: string | undefined
  /** What the script's tag has to carry. Default: nothing. */
  readonly nonce?: string
  /** What the field says otherwise than the origin's, one for a person to read each. */
  readonly changes: readonly string[]
}

/**
 * Lets the proxy's scripts, worker and requests through a document's `Content-Security-Policy`. Most policies do so as they are,
 * because the proxy is the document's own origin. A nonce of the document is used where there is one.
 *
 * @param field the field; several of it joined by commas. Each of its policies has to allow what a page does.
 * @param newNonce makes a nonce where a policy takes scripts by nonce or hash alone, and has none.
 * @see Content Security Policy Level 3 §6
 */
export function adjustPolicy(
  field: string | undefined,
  { origin, own }: { readonly origin: string; readonly own: string },
  newNonce: () => string,
): Adjusted {
  if (field === undefined) return { policy: undefined, changes: [] }
  const policies = field.split(',').map(parsed)
  const changes = new Set<string>()
  const found = policies.flatMap((policy) => scriptSources(policy)?.sources ?? []).find((source) => NONCE.test(source))
  let nonce = found === undefined ? undefined : NONCE.exec(found)?.[1]
  for (const policy of policies) {
    for (const sources of policy.values()) nameProxyToo(sources, origin, own)
    const scripts = scriptSources(policy)
    if (scripts !== undefined && !allowsOwn(scripts.sources, nonce)) {
      nonce ??= newNonce()
      allow(policy, scripts.name, `'nonce-${nonce}'`)
      changes.add(`${scripts.name} takes a nonce more`)
    }
    for (const [name, fallbacks] of [
      ['worker-src', ['child-src', 'script-src', 'default-src']],
      ['connect-src', ['default-src']],
    ] as const) {
      const sources = firstOf(policy, [name, ...fallbacks])
      if (sources === undefined || (isOwn(sources) && !sources.includes("'strict-dynamic'"))) continue
      if (!policy.has(name))
        policy.set(
          name,
          sources.filter((source) => !/^'(?!self|none)/.test(source)),
        )
      allow(policy, name, "'self'")
      changes.add(`${name} takes 'self'`)
    }
    // The proxy's address is plain http.
    if (policy.delete('upgrade-insecure-requests')) changes.add('without upgrade-insecure-requests')
    const types = policy.get('trusted-types')
    if (types !== undefined && !types.includes('*') && !types.includes('freshlayer')) {
      allow(policy, 'trusted-types', 'freshlayer')
      changes.add("trusted-types takes 'freshlayer'")
    }
  }
  const policy = policies.map(written).join(', ')
  return { policy, changes: [...changes], ...(nonce === undefined ? {} : { nonce }) }
}

type Policy = Map<string, string[]>

const NONCE = /^'nonce-([^']+)'$/i

/** The directives of a policy by name. The first of a name counts. */
function parsed(text: string): Policy {
  const policy: Policy = new Map()
  for (const directive of text.split(';')) {
    const [name, ...sources] = directive.trim().split(/\s+/)
    if (name !== undefined && name !== '' && !policy.has(name.toLowerCase())) policy.set(name.toLowerCase(), sources)
  }
  return policy
}

const written = (policy: Policy): string =>
  [...policy].map(([name, sources]) => [name, ...sources].join(' ')).join('; ')

function scriptSources(policy: Policy): { name: string; sources: string[] } | undefined {
  for (const name of ['script-src-elem', 'script-src', 'default-src']) {
    const sources = policy.get(name)
    if (sources !== undefined) return { name, sources }
  }
  return undefined
}

function firstOf(policy: Policy, names: readonly string[]): string[] | undefined {
  const name = names.find((each) => policy.has(each))
  return name === undefined ? undefined : policy.get(name)
}

/** Whether a script of the document's own origin that carries the nonce may run. */
const allowsOwn = (sources: readonly string[], nonce: string | undefined): boolean =>
  (nonce !== undefined && sources.includes(`'nonce-${nonce}'`)) ||
  (isOwn(sources) && !sources.includes("'strict-dynamic'"))

const isOwn = (sources: readonly string[]): boolean =>
  sources.some((source) => source === '*' || /^(?:'self'|http:)$/i.test(source))

/** A directive with one source more. `'none'` stands alone, or for nothing. */
function allow(policy: Policy, name: string, source: string): void {
  const sources = (policy.get(name) ?? []).filter((each) => each.toLowerCase() !== "'none'")
  policy.set(name, [...sources, source])
}

/** Where a policy names the origin by its address, the proxy's address stands beside it. */
function nameProxyToo(sources: string[], origin: string, own: string): void {
  const host = new URL(origin).host
  const ownHost = new URL(own).host
  const added = sources.flatMap((source) => {
    const [, scheme = '', named, path = ''] = /^((?:https?|wss?):\/\/)?([^/']+)(\/.*)?$/i.exec(source) ?? []
    if (named !== host) return []
    const plain = /^ws/i.test(scheme) ? 'ws://' : scheme === '' ? '' : 'http://'
    return [plain + ownHost + path]
  })
  sources.push(...added)
}
