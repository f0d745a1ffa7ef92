import { isRecord } from '../../config/language/kind.ts'
import { type Defines, loadConfig } from '../rules/load-config.ts'
import type { PageWorker } from './beside-pwa.ts'

/**
 * The module that tells pages their worker, and the feed that the rules name. A function of the feed cannot be written down, so
 * then the page's bundle has the rules.
 *
 * @param rules the rules file, absolute.
 */
export async function pageModule(worker: PageWorker, rules: string, define: Defines): Promise<string> {
  // Wrong rules are told elsewhere; pages need the worker's name all the same.
  const config = await loadConfig(rules, define).then(
    (loaded) => loaded.config,
    () => undefined,
  )
  const push = isRecord(config) ? config['push'] : undefined
  const named = JSON.stringify(worker)
  if (!isRecord(push)) return `export const BUILT_WORKER = ${named}`
  if (Object.values(push).every((value) => typeof value !== 'function'))
    return `export const BUILT_WORKER = ${JSON.stringify({ ...worker, push })}`
  const imported = `import config from ${JSON.stringify(rules)}`
  return `${imported}\nexport const BUILT_WORKER = { ...${named}, push: config.push }`
}
