import type { Readable, Writable } from 'node:stream'
import { cancel, confirm, intro, isCancel, select, text } from '@clack/prompts'
import type { FirstRules } from './first-rules.ts'
import type { Project } from './project.ts'

/** Where questions are asked and answered. Default: the terminal. */
export interface Terminal {
  readonly input?: Readable
  readonly output?: Writable
}

/** Asks what the files do not say for sure. Undefined: the developer has given up. */
export async function askRules(
  { apis, users, shell, build, by }: Project,
  terminal: Terminal = {},
): Promise<FirstRules | undefined> {
  intro(`freshlayer: ${build === 'other' ? 'a build' : build} (${by})`, terminal)
  const api = await text({
    ...terminal,
    message: 'Where is the API? A path, or a full URL; several with a comma between them',
    initialValue: apis.join(', '),
    validate: (given) =>
      listOf(given ?? '') === undefined ? 'A path such as /api, or https://api.example/v1' : undefined,
  })
  if (isCancel(api)) return giveUp(terminal)
  const who = await select({
    ...terminal,
    message: 'How does the backend know its users?',
    initialValue: users,
    options: [
      { value: 'unsaid', label: 'It does not: all users get the same' },
      { value: 'token', label: 'By a token in Authorization' },
      { value: 'session', label: 'By a session cookie' },
    ],
  })
  if (isCancel(who)) return giveUp(terminal)
  return { apis: listOf(api) ?? apis, users: who, shell }
}

/** Whether a change of the developer's own files is welcome. Undefined: the developer has given up. */
export async function askConsent(file: string, what: string, terminal: Terminal = {}): Promise<boolean | undefined> {
  const said = await confirm({ ...terminal, message: `Change ${file}: ${what}?` })
  return isCancel(said) ? giveUp(terminal) : said
}

function giveUp(terminal: Terminal): undefined {
  cancel('Nothing has been written.', terminal)
}

/** Paths or URLs with commas between them; undefined: one of them is neither. */
export function listOf(text: string): string[] | undefined {
  const apis = text.split(',').map((api) => api.trim().replace(/\/+(\*\*)?$/, ''))
  return apis.every((api) => /^(https?:\/\/[^\s/'?#]+)?(\/[^\s'?#]*)?$/.test(api) && api !== '') ? apis : undefined
}
