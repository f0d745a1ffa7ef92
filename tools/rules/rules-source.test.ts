import { describe, expect, it } from 'vitest'
import { compileRules, type Config, type Rules } from '../../config/language/index.ts'
import { rulesModule } from './rules-source.ts'

/** The rules that a worker has of a config, which it imports for its functions alone. */
function written(config: Config, rules: Rules = compileRules(config)): { rules: Rules; isImported: boolean } {
  const [, imported = '', text] = /^(import config from "rules.ts"\n)?export const rules = (.*)$/s.exec(
    rulesModule(rules, config, 'rules.ts'),
  ) ?? ['']
  // oxlint-disable-next-line typescript/no-implied-eval -- evaluating what was written is the point
  const evaluated = new Function(...(imported === '' ? [] : ['config']), `return ${text}`)(config) as Rules
  return { rules: evaluated, isImported: imported !== '' }
}

const BASE: Config = {
  version: '1"\n</script>',
  identity: { by: ['authorization'] },
  navigation: { exclude: ['/admin/**'] },
  kill: { url: '/kill.json', gone: true },
  routes: [{ match: '/api/:id', fresh: 'forever', stale: 'http', query: { __proto__x: true }, tags: ['a:{id}'] }],
  writes: [{ match: 'POST /api/x', invalidates: ['a', '/api/:id'] }],
}

describe('the rules of a worker', () => {
  it('are what was compiled: endless windows, expressions and hostile names, without the config', () => {
    expect(written(BASE)).toEqual({ rules: compileRules(BASE), isImported: false })
  })

  it('have the config’s own functions', () => {
    const partitionOf = (token: string): string => token
    const config: Config = { ...BASE, identity: { by: ['authorization'], partitionOf } }
    const { rules, isImported } = written(config)
    expect(rules).toEqual(compileRules(config))
    expect(rules.identity).toHaveProperty('partitionOf', partitionOf)
    expect(isImported).toBe(true)
  })

  it('have a function of any option, of a route, of the defaults and of a list, with what it uses of its module', () => {
    const secret = Symbol('only this module has it')
    const parse = { parse: () => secret }.parse
    const judge = {
      judge() {
        return secret
      },
    }.judge
    const config = {
      ...BASE,
      defaults: { parse },
      routes: [{ match: '/a' }, { match: '/b', "hostile' name": judge, list: [0, judge] }],
    } as Config
    const [a, b] = written(config).rules.routes as unknown as readonly Record<string, unknown>[]
    expect(a).toHaveProperty('parse', parse)
    expect(b).toMatchObject({ parse, "hostile' name": judge, list: [0, judge] })
  })

  it('have the functions of queued writes, and waits without an end', () => {
    const conflict = (): unknown => 'ask'
    const optimistic = (cached: unknown): unknown => cached
    const queued = {
      match: 'PUT /api/:id',
      offline: 'queue',
      conflict,
      optimistic,
      idempotent: { keeps: 'forever' },
    } as const
    const config: Config = { ...BASE, writes: [queued], outbox: { giveUpAfter: 'forever' } }
    const { rules } = written(config)
    expect(rules).toEqual(compileRules(config))
    expect(rules.writes[0]?.queue).toMatchObject({ conflict, optimistic, idempotency: { keepsFor: Infinity } })
    expect(rules.outbox?.limits.ageMs).toBe(Infinity)
  })

  it('are refused by the build when a function of them is not the config’s own', () => {
    const rules = { ...compileRules(BASE), made: () => 1 }
    expect(() => written(BASE, rules)).toThrow('not in the config')
  })
})
