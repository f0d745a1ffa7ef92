import { expect, it } from 'vitest'
import { fakeWriter, recordsIn } from './fake-database.fixture.ts'

const { SearchPolicies } = await import('./search-policies.ts')

it('are kept of a thousand paths, in memory and on disk: those said longest ago make way', async () => {
  const { writer, name } = await fakeWriter()
  const policies = new SearchPolicies(writer)
  const policy = { except: [], ignored: ['utm'] } as never
  const url = (at: number): string => `https://app.test/api/${at}?utm=1`
  const isKept = (of: typeof policies, at: number): boolean => of.urlOf(url(at)) !== url(at)
  for (let at = 0; at < 1000; at++) policies.keep(url(at), policy)
  // Said anew, and in other words.
  policies.keep(url(0), { except: [], ignored: ['utm', 'ref'] } as never)
  policies.keep(url(1000), policy)
  await writer.begin()
  const records = await recordsIn(writer)
  expect([...records.keys()].filter((key) => key.startsWith('!search '))).toHaveLength(1000)
  const later = new SearchPolicies((await fakeWriter(name)).writer)
  later.learn([...records.values()])
  for (const of of [policies, later])
    expect([0, 1, 2, 1000].map((at) => isKept(of, at))).toEqual([true, false, true, true])
})
