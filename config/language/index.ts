export { assertConfig } from './assert-config.ts'
export { checkConfig } from './check.ts'
export { compileRules } from './compile.ts'
export { defineConfig } from './define-config.ts'
export { DENIED_QUERY, isDenied } from './denied.ts'
export type { Duration } from './duration.ts'
export { formatProblem, type Findings, type Problem } from './kind.ts'
export { matcherOf } from './matcher.ts'
export { normaliseUrl } from './normalise-url.ts'
export type {
  Config,
  IdentifiedBy,
  Identity,
  KillOptions,
  NavigationOptions,
  Route,
  RouteOptions,
  Window,
  Write,
} from './options.ts'
export { pathMatches, type Pattern, type RequestPath } from './pattern.ts'
export { prefixes, type Prefix } from './prefixes.ts'
export type { Preset } from './presets.ts'
export type {
  Invalidates,
  KillRule,
  Match,
  Matcher,
  Params,
  ReadMatch,
  RequestLine,
  Rule,
  Rules,
  WriteMatch,
  WriteRule,
} from './rule.ts'
export { fillPlaces } from './template.ts'
