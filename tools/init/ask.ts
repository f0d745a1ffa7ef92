import { cancel, confirm, intro, isCancel, select, text } from '@clack/prompts'
import type { FirstRules } from './first-rules.ts'
import type { Project } from './project.ts'

/** Asks what the files do not say for sure. Undefined: the developer has given up. */
export async function askRules({ apis, users, shell, build, by }: Project): Promise<FirstRules | undefined> {
  intro(`freshlayer: ${build === 'other' ? 'a build' : build} (${by})`)
  const api = await text({
    message: 'Where is the API? A path, or a full URL; several with a comma between them',
    initialValue: apis.join(', '),
    validate: (given) =>
      listOf(given ?? '') === undefined ? 'A path such as /api, or https://api.example/v1' : undefined,
  })
  if (isCancel(api)) return giveUp()
  const who = await select({
    message: 'How does the backend know its users?',
    initialValue: users,
    options: [
      { value: 'unsaid', label: 'It does not: all users get the same' },
      { value: 'token', label: 'By a token in Authorization' },
      { value: 'session', label: 'By a session cookie' },
    ],
  })
  if (isCancel(who)) return giveUp()
  return { apis: listOf(api) ?? apis, users: who, shell }
}

/** Whether a change of the developer's own files is welcome. Undefined: the developer has given up. */
export async function askConsent(file: string, what: string): Promise<boolean | undefined> {
  const said = await confirm({ message: `Change ${file}: ${what}?` })
  return isCancel(said) ? giveUp() : said
}

function giveUp(): undefined {
  cancel('Nothing has been written.')
}

/** Paths or URLs with commas between them; undefined: one of them is neither. */
export function listOf(text: string): string[] | undefined {
  const apis = text.split(',').map((api) => api.trim().replace(/\/+(\*\*)?$/, ''))
  return apis.every((api) => /^(https?:\/\/[^\s/'?#]+)?(\/[^\s'?#]*)?$/.test(api) && api !== '') ? apis : undefined
}
