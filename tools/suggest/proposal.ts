import type { Config, Route, Write } from '../../config/language/index.ts'

/** A value of the config, and why it is so. Each reason is a sentence or more. */
export interface Reasoned<T> {
  readonly value: T
  readonly why: readonly string[]
}

/** A rules file before it is text: each entry with its evidence. */
export interface Draft {
  readonly head: readonly string[]
  readonly identity: Reasoned<Config['identity']>
  readonly shell?: Reasoned<string> | undefined
  readonly navigation?: Reasoned<NonNullable<Config['navigation']>> | undefined
  readonly defaults: Reasoned<NonNullable<Config['defaults']>>
  readonly routes: readonly Reasoned<Route>[]
  readonly writes: readonly Reasoned<Write>[]
  /** What has no rule on purpose, a sentence each. */
  readonly without: readonly string[]
}

/** A proposed rules file. */
export interface Proposal {
  readonly config: Config
  /** The text of `freshlayer.config.ts`, with the evidence of each rule as a comment. */
  readonly text: string
  /** What `checkConfig` still says of it. Empty, but for what only the developer can decide. */
  readonly warnings: readonly string[]
}

/** The config of a draft. */
export const configOf = ({ identity, shell, navigation, defaults, routes, writes }: Draft): Config => ({
  version: '1',
  identity: identity.value,
  ...(shell && { shell: shell.value }),
  ...(navigation && { navigation: navigation.value }),
  defaults: defaults.value,
  routes: routes.map(({ value }) => value),
  ...(writes.length > 0 && { writes: writes.map(({ value }) => value) }),
})
