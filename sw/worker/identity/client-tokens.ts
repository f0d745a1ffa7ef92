/** The partitions of the tokens of one client: a record on disk, and the same in memory. */
export interface ClientTokens {
  /** Those of the tokens that the client uses: the last one of each issuer. */
  readonly used: readonly string[]
  /** Those that the client used before it signed in, and has not used since. */
  readonly former: readonly string[]
}

export const NO_TOKENS: ClientTokens = { used: [], former: [] }

export function clientTokensIn(record: unknown): ClientTokens {
  const { used, former } = (record ?? NO_TOKENS) as Partial<Record<keyof ClientTokens, unknown>>
  return { used: partitionsIn(used), former: partitionsIn(former) }
}

/** The client uses a token. It replaces an earlier one of the same issuer; a page may use tokens of several issuers. */
export const withToken = ({ used, former }: ClientTokens, partition: string): ClientTokens => ({
  used: [...used.filter((other) => issuerOf(other) !== issuerOf(partition)), partition],
  former: former.filter((other) => other !== partition),
})

/**
 * The client has signed in, perhaps as another user.
 *
 * @param used what the client used before. Default: what it uses now.
 */
export const afterSignIn = (tokens: ClientTokens, used = tokens.used): ClientTokens => ({
  used: tokens.used,
  former: [...new Set([...tokens.former, ...used])],
})

export const withoutTokens = (tokens: ClientTokens, partitions: readonly string[]): ClientTokens => ({
  ...withoutFormer(tokens, partitions),
  used: tokens.used.filter((partition) => !partitions.includes(partition)),
})

/** What the client uses stays: it may use a token of before again while that one's data is removed. */
export const withoutFormer = ({ used, former }: ClientTokens, partitions: readonly string[]): ClientTokens => ({
  used,
  former: former.filter((partition) => !partitions.includes(partition)),
})

/** The partitions that a client has left behind by a sign-in as another user, and that no client uses. */
export function leftBehind(clients: readonly ClientTokens[]): readonly string[] {
  const used = new Set(clients.flatMap((client) => client.used))
  return [...new Set(clients.flatMap(({ former }) => former))].filter((partition) => !used.has(partition))
}

const issuerOf = (partition: string): string => partition.slice(0, partition.lastIndexOf('/'))

const partitionsIn = (list: unknown): readonly string[] =>
  Array.isArray(list) ? list.filter((partition) => typeof partition === 'string') : []
