import { configWith } from './option-kinds.ts'
import { problemsBy, refuse } from './problems-by.ts'

const anything = (): void => undefined

const pageKind = configWith({
  options: {
    shell: anything,
    navigation: anything,
    kill: anything,
    push: anything,
    sync: anything,
    collections: anything,
    outbox: anything,
  },
  ofRoutes: { poll: anything, versions: anything },
  ofWrites: {
    offline: anything,
    timeout: anything,
    status: anything,
    entity: anything,
    id: anything,
    idMember: anything,
    versionMember: anything,
    idempotent: anything,
    witness: anything,
    conflict: anything,
    optimistic: anything,
    coalesce: anything,
    demand: anything,
  },
})

/**
 * The same as `assertConfig`, for a page that has the rules without a worker. What only a worker makes something of may be
 * anything: it is left alone here.
 *
 * @throws CacheError `config-refused`, with every problem
 */
export function assertPageConfig(config: unknown, file: string): void {
  refuse(problemsBy(pageKind, config, file), file)
}
