export { assertConfig } from './assert-config.ts'
export { checkConfig, type Findings } from './check.ts'
export { compileConfig } from './compile.ts'
export { defineConfig } from './define-config.ts'
export type { Duration } from './duration.ts'
export { formatProblem, type Problem } from './kind.ts'
export { normaliseUrl } from './normalise-url.ts'
export type {
  Config,
  IdentifiedBy,
  Identity,
  NavigationOptions,
  Route,
  RouteOptions,
  Window,
  Write,
} from './options.ts'
export { patternCovers, type Pattern, type RequestPath } from './pattern.ts'
export { prefixes, type Prefix } from './prefixes.ts'
export type { Preset } from './presets.ts'
export type { CompiledConfig, Invalidates, Match, ReadMatch, RequestLine, Rule, WriteMatch, WriteRule } from './rule.ts'
export { urlCovers } from './template.ts'
