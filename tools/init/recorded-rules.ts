import { readHar } from '../recording/har.ts'
import { analyse, propose } from '../suggest/index.ts'
import type { NewRules } from './plan.ts'

/**
 * The rules that `suggest` proposes from a recording.
 *
 * @param isBuilt whether the app has a built folder, whose files the worker keeps.
 * @throws one line, where the file is no HAR.
 */
export async function recordedRules(har: string, isBuilt: boolean): Promise<NewRules> {
  const { config, text } = propose(analyse(await readHar(har)), { built: !isBuilt })
  const ways = config.identity === 'none' ? [] : config.identity.by
  return {
    text,
    users: ways.includes('identify') ? 'session' : ways.includes('authorization') ? 'token' : 'unsaid',
    by: `rules from ${har}`,
  }
}
