import { parseArgs } from 'node:util'
import { diceOf } from './dice.ts'

// What a million tabs ask of a database, of the processes that hold their connections, and of the origin. A model, in seconds:
// docs/guide/scale.md says what it takes for granted. Run: npx tsx bench/crowd.ts --tabs 1000000 --tenants 1000

const { values } = parseArgs({
  options: {
    tabs: { type: 'string', default: '1000000' },
    'tabs-per-browser': { type: 'string', default: '4' },
    tenants: { type: 'string', default: '1000' },
    /** How many commits of one tenant's users are told in a second. */
    commits: { type: 'string', default: '0.05' },
    /** The part of browsers that show what a commit changes. */
    shown: { type: 'string', default: '0.3' },
    'per-process': { type: 'string', default: '10000' },
    'reads-per-second': { type: 'string', default: '500' },
    'returns-per-second': { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
  },
})
const of = (name: keyof typeof values): number => Number(values[name])

/** Measured: e2e/sync/many-callers.spec.ts. */
const KB_PER_CONNECTION = 33
const FAN_OUT_MS_PER_CONNECTION = 0.2

const dice = diceOf(of('seed'))
const connections = Math.round(of('tabs') / of('tabs-per-browser'))
const processes = Math.ceil(connections / of('per-process'))
const tenants = of('tenants')
const perTenant = connections / tenants
const perProcess = connections / processes
/** Those of one tenant that one process holds: they are spread evenly. */
const together = perTenant / processes

/** Requests in each second, of reads after commits. */
function reads(isSpread: boolean): number[] {
  const seconds: number[] = Array.from({ length: of('seconds') + 40 }, () => 0)
  const spreadS = isSpread ? Math.min(30, together / of('reads-per-second')) : 0
  const count = Math.round(tenants * of('commits') * of('seconds'))
  for (let commit = 0; commit < count; commit++) {
    const at = dice() * of('seconds')
    for (let reader = 0; reader < perTenant * of('shown'); reader++) {
      const fanOutS = (dice() * together * FAN_OUT_MS_PER_CONNECTION) / 1000
      const second = Math.floor(at + 0.05 + fanOutS + dice() * (spreadS < 0.2 ? 0 : spreadS))
      seconds[second] = (seconds[second] ?? 0) + 1
    }
  }
  return seconds.slice(0, of('seconds'))
}

/** Connections in each second, after one process has ended and the others take its callers. */
function returns(): number[] {
  const spreadS = Math.min(60, Math.max(1, perProcess / of('returns-per-second')))
  const seconds: number[] = Array.from({ length: Math.ceil(spreadS) + 1 }, () => 0)
  for (let caller = 0; caller < perProcess; caller++) {
    // Each has a part of the time to itself.
    const second = Math.floor(((caller + dice()) / perProcess) * spreadS)
    seconds[second] = (seconds[second] ?? 0) + 1
  }
  return seconds.slice(0, Math.ceil(spreadS))
}

const peak = (all: readonly number[]): string => Math.max(...all).toLocaleString('en')
const mean = (all: readonly number[]): string =>
  Math.round(all.reduce((sum, each) => sum + each, 0) / all.length).toLocaleString('en')

const spread = reads(true)
const atOnce = reads(false)
console.log(
  [
    `seed ${values.seed}: ${of('tabs').toLocaleString('en')} tabs, ${connections.toLocaleString('en')} connections, ${processes} processes, ${tenants} tenants`,
    `memory of connections: ${((perProcess * KB_PER_CONNECTION) / 1000).toFixed(0)} MB a process`,
    `database: ${(tenants * of('commits')).toFixed(0)} commits told a second, as many notifications; ${processes} that listen; at most ${(processes * 20).toLocaleString('en')} reads of the log a second`,
    `hints sent: ${Math.round(connections * of('commits')).toLocaleString('en')} a second, ${Math.round(perProcess * of('commits')).toLocaleString('en')} a process`,
    `reads at the origin: ${mean(spread)} a second, at most ${peak(spread)} (at once: ${peak(atOnce)})`,
    `a process ends: ${mean(returns())} come back a second, at most ${peak(returns())}`,
  ].join('\n'),
)
