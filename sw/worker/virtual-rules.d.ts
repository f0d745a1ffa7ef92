/** The app's rules, put in by the build. */
declare module 'virtual:freshlayer/rules' {
  import type { Rules } from '../../config/language/index.ts'
  import type { IdentityOf } from './identity/identity.ts'

  export const rules: Rules
  export const identity: IdentityOf
  export const structured: import('./requests/structured.ts').Structured | undefined
  export const ranges: import('./requests/ranges.ts').Ranges | undefined
  export const isQuery: typeof import('./requests/graphql.ts').isQuery | undefined
  export const postAnswers: typeof import('./requests/post-answers.ts').postAnswers | undefined
  export const collectionsOf: typeof import('./collections/collections.ts').collectionsOf | undefined
  export const pagesBy: typeof import('./lifecycle/pages.ts').pagesBy | undefined
  export const racesOf: typeof import('./lifecycle/races.ts').racesOf | undefined
  /** The layer's start, or that of one which the origin can switch off. */
  export const start: typeof import('./main.ts').start
}
