export { assertConfig } from './assert-config.ts'
export { assertPageConfig } from './assert-page-config.ts'
export { checkConfig } from './check.ts'
export { compilePageRules, compileRoute, compileRules } from './compile.ts'
export { defineConfig } from './define-config.ts'
export { DENIED_QUERY, isDenied } from './denied.ts'
export type { Duration } from './duration.ts'
export { formatProblem, type Problem } from './kind.ts'
export { isSafe, matcherOf } from './matcher.ts'
export { normaliseUrl } from './normalise-url.ts'
export type { Config, IdentifiedBy, Identity, PushOptions, Route, RouteOptions, Window, Write } from './options.ts'
export { pathMatches, type Pattern } from './pattern.ts'
export { prefixes } from './prefixes.ts'
export { writtenTo } from './queue-place.ts'
export type {
  BatchRule,
  CollectionRule,
  CollectionRules,
  KillRule,
  Match,
  Matcher,
  OutboxRules,
  QueueRule,
  ReadMatch,
  RequestLine,
  Rule,
  Rules,
  WriteMatch,
} from './rule.ts'
export { parseSize } from './size.ts'
export { fillPlaces, fillTags, HOLE } from './template.ts'
