import { expect, it } from 'vitest'
import { compileRules, type Config, type Rules } from '../config/language/index.ts'
import { rulesSource } from './rules-source.ts'

it('what is written down is what was compiled: endless windows, expressions, functions and hostile names', () => {
  const config: Config = {
    version: '1"\n</script>',
    identity: { by: ['authorization'], partitionOf: (token) => token },
    navigation: { exclude: ['/admin/**'] },
    kill: { url: '/kill.json', gone: true },
    routes: [{ match: '/api/:id', fresh: 'forever', stale: 'http', query: { __proto__x: true }, tags: ['a:{id}'] }],
    writes: [{ match: 'POST /api/x', invalidates: ['a', '/api/:id'] }],
  }
  const rules = compileRules(config)
  // oxlint-disable-next-line typescript/no-implied-eval -- evaluating what was written is the point
  const written = new Function('config', `return ${rulesSource(rules)}`)(config) as Rules
  expect(written).toEqual(rules)
})
