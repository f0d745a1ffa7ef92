import { compileRules } from './compile.ts'
import { matcherOf } from './matcher.ts'
import type { Config } from './options.ts'
import { parsePattern, pathMatches, type RequestPath } from './pattern.ts'
import type { Matcher, Rules } from './rule.ts'

/** A config as a worker has it: the rules and their matcher. */
export function compiled(config: Config): Rules & { readonly match: Matcher } {
  const rules = compileRules(config)
  return { ...rules, match: matcherOf(rules) }
}

/** Whether a pattern covers a path, without a matcher. */
export function patternCovers(pattern: string, request: RequestPath): boolean {
  const parsed = parsePattern(pattern)
  return parsed !== 'invalid' && pathMatches(parsed, request)
}
